import { join } from 'node:path'
import { AccountManager } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { silentAuthenticator } from '../processes/silent-authenticator.ts'
import type { Store } from './store.ts'

const TYPE = 'com.example'

/** The vault; the secret is the account's password. */
export async function openAccountryStore(folder: string): Promise<Store> {
  const manager = await AccountManager.open({
    app: { id: 'com.example.chaos' },
    directory: join(folder, 'vault'),
    keyProvider: fileKey({ path: join(folder, 'keys', 'key') }),
    authenticators: [silentAuthenticator()],
  })
  return {
    async read(name) {
      const account = await manager.findAccount(TYPE, name)
      return account === undefined ? undefined : await manager.getPassword(account)
    },
    async write(name, value) {
      const account = await manager.findAccount(TYPE, name)
      if (value === undefined) {
        if (account !== undefined) await manager.removeAccountExplicitly(account)
      } else if (account === undefined) {
        await manager.addAccountExplicitly({ type: TYPE, name }, { password: value })
      } else {
        await manager.setPassword(account, value)
      }
    },
    names: async () => (await manager.getAccounts()).map(({ name }) => name),
    close: async () => await manager.close(),
  }
}
