import { join } from 'node:path'
import { type Accountry, createOAuthAuthenticator, type InteractionHandler, openAccountry } from 'accountry'
import { fileKey } from 'accountry/keychain'

/** Where everything is. Nothing in it is secret, so that it may be an argument of a process. */
export interface Place {
  readonly folder: string
  readonly issuer: string
  readonly clientId: string
  readonly api: string
}

/** Opens the vault that all agents share. */
export function openAgents(place: Place, interaction?: InteractionHandler): Promise<Accountry> {
  const { folder, issuer, clientId, api } = place
  return openAccountry({
    app: { id: 'com.example.agents' },
    directory: join(folder, 'vault'),
    // On a desktop leave it out: the keychain keeps the key then.
    keyProvider: fileKey({ path: join(folder, 'vault.key') }),
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        issuer,
        clientId,
        tokenTypes: { tasks: { scopes: ['tasks.read'], origins: [api] } },
      }),
    ],
    ...(interaction !== undefined && { interaction }),
  })
}
