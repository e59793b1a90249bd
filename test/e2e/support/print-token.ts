import { openExampleVault, type VaultPlace } from './example-vault.ts'

// A plain script as a newcomer writes it: nothing but the library keeps it alive while it waits.
const manager = await openExampleVault(JSON.parse(process.argv[2] ?? '') as VaultPlace)
const account = await manager.resolveAccount('com.example')
console.error('asking')
console.log((await manager.getAuthToken(account, 'tasks')).value)
await manager.close()
