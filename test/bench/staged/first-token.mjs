// A command that needs one token: opens the vault, takes the stored token, tells.
import { AccountManager } from '@accountry/accounts'
import { environmentKey } from '@accountry/keychain'

const [directory, name] = process.argv.slice(2)
const manager = await AccountManager.open({
  app: { id: 'com.example.bench' },
  directory,
  keyProvider: environmentKey({ variable: 'BENCH_VAULT_KEY' }),
  authenticators: [
    {
      description: { type: 'com.example', label: 'Example', tokenTypes: { tasks: { scopes: ['tasks.read'] } } },
      addAccount: () => Promise.reject(new Error('not asked for')),
      getAuthToken: () => Promise.reject(new Error('not asked for')),
    },
  ],
})
const account = await manager.findAccount('com.example', name)
const { value } = await manager.getAuthToken(account, 'tasks')
process.stdout.write(value)
await manager.close()
