import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface OidcOptions extends ProviderOptions {
  /** The issuer exactly as the server spells it. */
  readonly issuer: string
  readonly type: string
  readonly label: string
}

/** What can be said of any OpenID provider. */
export const oidcData: ProviderData = {
  documentation: 'https://openid.net/specs/openid-connect-core-1_0.html',
  redirect: 'any-port',
  apiOrigins: [],
  scopes: { profile: ['profile'], email: ['email'] },
  options: {
    type: 'oidc',
    label: 'OpenID Connect',
    issuer: 'https://login.example.com',
    flow: ['loopback', 'device-code'],
  },
}

/**
 * Accounts of any service that speaks OpenID Connect, with nothing assumed about it.
 *
 * @throws TypeError naming the option that is wrong.
 * @see [OpenID Connect Core](https://openid.net/specs/openid-connect-core-1_0.html)
 */
export function oidc(options: OidcOptions): Authenticator {
  return createProvider(oidcData, options)
}
