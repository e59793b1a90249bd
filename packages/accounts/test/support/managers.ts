import { AccountManager, type AccountManagerOptions } from '@accountry/accounts'
import { createFakeAuthenticator } from '@accountry/testing'
import { onTestFinished } from 'vitest'
import { fixedKey } from './keys.ts'
import { tempFolder } from './temp-folder.ts'

/** The account type of the fake authenticator. */
export const TYPE = 'com.example'

/** Opens a manager on a folder of its own, with a fixed key and a fake authenticator, and closes it after the test. */
export async function openManager(options: Partial<AccountManagerOptions> = {}): Promise<AccountManager> {
  const manager = await AccountManager.open({
    app: { id: 'com.example.app' },
    keyProvider: fixedKey(),
    authenticators: [createFakeAuthenticator()],
    ...options,
    directory: options.directory ?? tempFolder(),
  })
  onTestFinished(() => manager.close())
  return manager
}
