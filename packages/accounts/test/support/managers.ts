import { AccountManager, type AccountManagerOptions } from '@accountry/accounts'
import { onTestFinished } from 'vitest'
import { createFakeAuthenticator } from './fake-authenticator.ts'
import { fixedKey } from './keys.ts'
import { tempFolder } from './temp-folder.ts'

export const APP = { id: 'com.example.app' }

/** Opens a manager on a folder of its own, with a fixed key and a fake authenticator, unless told otherwise. */
export async function openManager(options: Partial<AccountManagerOptions> = {}): Promise<AccountManager> {
  const manager = await AccountManager.open({
    app: APP,
    keyProvider: fixedKey(),
    authenticators: [createFakeAuthenticator()],
    directory: options.directory ?? tempFolder(),
    ...options,
  })
  onTestFinished(() => manager.close())
  return manager
}

/** The code and reason of what a promise rejects with; fails when it resolves. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ code?: string; reason?: string; name: string; message: string }> {
  try {
    await work
  } catch (error) {
    const { code, reason, name, message } = error as { code?: string; reason?: string; name: string; message: string }
    return { name, message, ...(code !== undefined && { code }), ...(reason !== undefined && { reason }) }
  }
  throw new Error('expected a rejection, but it resolved')
}
