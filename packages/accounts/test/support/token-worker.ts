import { parentPort, workerData } from 'node:worker_threads'
import { AccountManager } from '@accountry/accounts'
import { fixedKey } from './keys.ts'
import { redeem } from './redeem.ts'

const { directory, server, account } = workerData as { directory: string; server: string; account: string }

// Gets one token in a thread of its own.
const manager = await AccountManager.open({
  app: { id: 'com.example.app' },
  keyProvider: fixedKey(),
  directory,
  authenticators: [
    {
      description: { type: 'com.example', label: 'Example' },
      addAccount: () => Promise.reject(new Error('nobody signs in here')),
      getAuthToken: async ({ authTokenType }, context) => await redeem(server, String(authTokenType), context),
    },
  ],
})
const { value } = await manager.getAuthToken(account, 'calendar')
await manager.close()
parentPort?.postMessage(value)
