import type { Authenticator } from '@accountry/accounts'
import { createOAuthAuthenticator } from '../authenticator.ts'
import type { OAuthAuthenticatorOptions, OAuthTokenType } from '../options.ts'

/** Everything can be overridden; the client is required. */
export type ProviderOptions = Partial<OAuthAuthenticatorOptions> & Pick<OAuthAuthenticatorOptions, 'clientId'>

/** What is known about a service. Data only: a service that needs code needs a quirk that others can use too. */
export interface ProviderData {
  /** The page that the facts come from. */
  readonly documentation: string
  /**
   * Which redirect URIs the service takes: `'any-port'` of 127.0.0.1 or `'localhost'` with any port, as RFC 8252 asks
   * of it; `'exact'` only what was registered, so that the app has to name it.
   */
  readonly redirect: 'any-port' | 'localhost' | 'exact'
  /** Where its APIs are: where tokens go unless a token type says otherwise. */
  readonly apiOrigins: readonly string[]
  /** Scopes for what is often wanted. */
  readonly scopes: Readonly<Record<string, readonly string[]>>
  /** Everything that does not depend on the app. */
  readonly options: Omit<OAuthAuthenticatorOptions, 'clientId'>
}

/**
 * Makes the authenticator of a known service: its data, overridden by what the app says.
 *
 * @throws TypeError naming the option that is wrong, also when the service needs a registered `redirectUri` and the
 *   app names none.
 */
export function createProvider(data: ProviderData, options: ProviderOptions): Authenticator {
  return createOAuthAuthenticator(providerOptions(data, options))
}

/** The options behind {@link createProvider}. */
export function providerOptions(data: ProviderData, options: ProviderOptions): OAuthAuthenticatorOptions {
  const { issuer, metadata, ...own } = data.options
  // Another server brings its own endpoints and its own issuer, and nothing of ours may be mixed in.
  const isElsewhere = options.issuer !== undefined || options.metadata !== undefined
  const server = isElsewhere
    ? {}
    : { ...(issuer !== undefined && { issuer }), ...(metadata !== undefined && { metadata }) }
  const { issuerTemplate, ...rest } = own
  const merged: OAuthAuthenticatorOptions = {
    ...rest,
    ...server,
    ...(!isElsewhere && issuerTemplate !== undefined && { issuerTemplate }),
    ...options,
    authorizationParameters: { ...own.authorizationParameters, ...options.authorizationParameters },
    quirks: { ...own.quirks, ...options.quirks },
  }
  const { tokenTypes } = options
  checkRedirect(data, merged)
  return tokenTypes === undefined ? merged : { ...merged, tokenTypes: withOrigins(tokenTypes, data.apiOrigins) }
}

function checkRedirect(data: ProviderData, options: OAuthAuthenticatorOptions): void {
  const flows = [options.flow ?? 'loopback'].flat()
  const isRedirected = flows.some(
    (flow) => flow !== 'device-code' && flow !== 'client-credentials' && flow !== 'jwt-bearer',
  )
  if (data.redirect !== 'exact' || !isRedirected || options.redirectUri !== undefined) return
  throw new TypeError(
    `redirectUri is required: ${options.label} takes only what was registered (${data.documentation})`,
  )
}

function withOrigins(
  tokenTypes: Readonly<Record<string, OAuthTokenType>>,
  origins: readonly string[],
): Record<string, OAuthTokenType> {
  const entries = Object.entries(tokenTypes).map(([name, type]): [string, OAuthTokenType] => {
    const needsOrigins = type?.origins === undefined && type?.kind !== 'id_token' && origins.length > 0
    return [name, needsOrigins ? { ...type, origins } : type]
  })
  return Object.fromEntries(entries)
}
