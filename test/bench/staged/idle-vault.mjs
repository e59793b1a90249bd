// An open vault that nobody asks for anything.
import { AccountManager } from '@accountry/accounts'
import { environmentKey } from '@accountry/keychain'

const manager = await AccountManager.open({
  app: { id: 'com.example.bench' },
  directory: process.argv[2],
  keyProvider: environmentKey({ variable: 'BENCH_VAULT_KEY' }),
})
await manager.getAccounts()
process.stdin.resume()
process.stdout.write('open')
