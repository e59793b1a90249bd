import { AccountManager, type Authenticator, type InteractionHandler } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { createOAuthAuthenticator } from '@accountry/oauth'

/** Where a vault is and who serves its accounts, in a form that other processes can be told. */
export interface VaultPlace {
  readonly directory: string
  readonly keyFile: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
}

export function exampleAuthenticator({ issuer, clientId, clientSecret }: VaultPlace): Authenticator {
  return createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer,
    clientId,
    ...(clientSecret !== undefined && { clientSecret }),
    tokenTypes: { tasks: { scopes: ['tasks.read'] } },
  })
}

export function openExampleVault(
  place: VaultPlace,
  options: { authenticator?: Authenticator; fetch?: typeof fetch; interaction?: InteractionHandler } = {},
): Promise<AccountManager> {
  return AccountManager.open({
    app: { id: 'com.example.agent' },
    directory: place.directory,
    keyProvider: fileKey({ path: place.keyFile }),
    authenticators: [options.authenticator ?? exampleAuthenticator(place)],
    ...(options.fetch && { fetch: options.fetch }),
    ...(options.interaction && { interaction: options.interaction }),
  })
}
