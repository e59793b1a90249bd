import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuthorizationServer } from '@accountry/testing'
import { createOAuthAuthenticator, openAccountry } from 'accountry'
import { fileKey } from 'accountry/keychain'

/** A vault "agenda" as an app leaves it: one account, key in a file, and how to sign in recorded. */
export async function makeAppVault(folder: string, server: AuthorizationServer): Promise<void> {
  const directory = join(folder, 'accountry', 'agenda')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await using app = await openAccountry({
    app: { id: 'com.example.agenda' },
    directory,
    keyProvider: fileKey({ path: join(folder, 'key') }),
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        issuer: server.issuer,
        clientId: server.clientId,
        tokenTypes: { tasks: { scopes: ['tasks.read'] } },
      }),
    ],
    interaction: server.browser('ana'),
  })
  await app.accounts.addAccount('com.example')
  await app.accounts.addAccountExplicitly({ type: 'com.example', name: 'no credential' })
}
