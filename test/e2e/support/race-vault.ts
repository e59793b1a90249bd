import { AccountManager } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { createFakeAuthenticator } from '@accountry/testing'

/** Opens a vault for the race, making it when this process comes first. */
export function openRaceVault(directory: string, keyFile: string): Promise<AccountManager> {
  return AccountManager.open({
    app: { id: 'com.example.race' },
    directory,
    keyProvider: fileKey({ path: keyFile }),
    authenticators: [createFakeAuthenticator({ type: 'com.example' })],
  })
}
