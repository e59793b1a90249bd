import { once } from 'node:events'
import { utimesSync, watch } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AccountManager } from '@accountry/accounts'
import { fixedKey } from './keys.ts'

const directory = process.argv[2] ?? ''

// An app that lives on although its vault is broken under it, and the doorbell rings.
const manager = await AccountManager.open({
  app: { id: 'com.example.app' },
  keyProvider: fixedKey(),
  directory,
  authenticators: [
    {
      description: { type: 'com.example', label: 'Example' },
      addAccount: () => Promise.reject(new Error('nobody signs in here')),
      getAuthToken: () => Promise.reject(new Error('nobody asks here')),
    },
  ],
})
await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
const database = new DatabaseSync(join(directory, 'vault.db'))
database.exec('DROP TABLE change')
database.close()
const bell = join(directory, 'doorbell')
const watcher = watch(bell)
// Later than the manager's own watcher, so that it has heard the bell when this one has.
const heard = once(watcher, 'change')
utimesSync(bell, new Date(), new Date())
await heard
watcher.close()
await new Promise((resolve) => {
  setImmediate(resolve)
})
process.stdout.write('alive\n', () => process.exit(0))
