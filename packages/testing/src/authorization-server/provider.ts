import { randomBytes } from 'node:crypto'
import type Provider from 'oidc-provider'
import type { Configuration } from 'oidc-provider'
import { claimsOf, type ServerSettings } from './options.ts'
import { plainPages } from './plain-pages.ts'
import { allScopes, type ProviderParts, resourceServerFor } from './provider-parts.ts'
import { withTimesMoved } from './server-time.ts'
import { registerTokenExchange, TOKEN_EXCHANGE } from './token-exchange.ts'

export const NATIVE_CLIENT = 'native-app'
export const CONFIDENTIAL_CLIENT = { clientId: 'web-app', clientSecret: 'web-app-secret-of-the-test-server' } as const

/** The real provider, configured so that nobody has to click. */
export async function createProvider(parts: ProviderParts): Promise<Provider> {
  const oidc = await import('oidc-provider')
  const provider = new oidc.default(
    parts.issuer,
    configurationFor(parts, () => new oidc.errors.InvalidTarget()),
  )
  acceptAnyLoopbackRedirect(provider)
  if (parts.settings.features.tokenExchange) registerTokenExchange(provider, parts)
  // The door speaks plain HTTP to the provider, which must believe the Host header that the door passes on.
  provider.proxy = true
  return provider
}

function configurationFor(parts: ProviderParts, invalidTarget: () => Error): Configuration {
  const { settings, store, time, key } = parts
  return {
    adapter: (model) => store.adapterFor(model),
    jwks: { keys: [key.jwk] } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['a key that only signs the cookies of a test server'] },
    clients: clientsFor(settings),
    responseTypes: ['code'],
    scopes: allScopes(settings),
    claims: claimsByScope(settings),
    // Real services put the name and address into the ID token; asking userinfo for them is extra.
    conformIdTokenClaims: false,
    findAccount: (_context, sub) =>
      Object.hasOwn(settings.users, sub)
        ? { accountId: sub, claims: async () => claimsOf(settings.users, sub) }
        : undefined,
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async (_context, client) => settings.refreshTokens && client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: settings.rotation !== 'none',
    expiresWithSession: async () => false,
    formats: {
      customizers: {
        jwt: (_context, _token, jwt) => {
          jwt.payload = withTimesMoved(jwt.payload, time.offsetS())
        },
      },
    },
    ttl: lifetimesFrom(settings),
    features: { ...featuresFrom(settings), ...resourceFeature(parts, invalidTarget) },
    ...plainPages.configuration,
  }
}

const SCOPED_CLAIMS = { email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] }

/** What a test adds to its people beyond the usual claims goes with `openid`, so that it always shows. */
function claimsByScope({ users }: ServerSettings): Record<string, string[]> {
  const usual = new Set(Object.values(SCOPED_CLAIMS).flat())
  const added = Object.values(users).flatMap(({ claims = {} }) => Object.keys(claims))
  return { ...SCOPED_CLAIMS, openid: [...new Set(['sub', ...added.filter((name) => !usual.has(name))])] }
}

function lifetimesFrom(settings: ServerSettings): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: settings.accessTokenLifetimeS,
    ClientCredentials: settings.accessTokenLifetimeS,
    IdToken: 3_600,
    RefreshToken: settings.refreshTokenLifetimeS,
    Grant: settings.refreshTokenLifetimeS,
    Session: 3_600,
    Interaction: 600,
    DeviceCode: 600,
    AuthorizationCode: 60,
  }
}

function featuresFrom({ features }: ServerSettings): NonNullable<Configuration['features']> {
  const { dpop, par } = features
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: features.clientCredentials },
    deviceFlow: { enabled: features.deviceFlow, ...plainPages.device },
    dPoP: {
      enabled: dpop !== false,
      ...(dpop === 'nonce' && { nonceSecret: randomBytes(32), requireNonce: () => true }),
    },
    introspection: { enabled: features.introspection, allowedPolicy: async () => true },
    pushedAuthorizationRequests: {
      enabled: par !== false,
      requirePushedAuthorizationRequests: par === 'required',
    },
    registration: { enabled: features.registration },
    revocation: { enabled: features.revocation, allowedPolicy: async () => true },
    rpInitiatedLogout: { enabled: features.endSession, ...plainPages.logout },
    userinfo: { enabled: features.userinfo },
  }
}

function resourceFeature(
  parts: ProviderParts,
  invalidTarget: () => Error,
): Pick<NonNullable<Configuration['features']>, 'resourceIndicators'> {
  return {
    resourceIndicators: {
      enabled: parts.settings.features.resourceIndicators,
      // Several resources were asked for and the token request names none: the first one is meant.
      defaultResource: (_context, _client, oneOf) => oneOf?.[0] ?? parts.audience,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, resource) => {
        const server = resourceServerFor(parts, resource)
        if (server === undefined) throw invalidTarget()
        return server
      },
    },
  }
}

const GRANTS = ['authorization_code', 'refresh_token']
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

function clientsFor({
  features,
  webRedirectUris,
  appRedirectUris,
}: ServerSettings): NonNullable<Configuration['clients']> {
  const grants = [
    ...GRANTS,
    ...(features.deviceFlow ? [DEVICE_GRANT] : []),
    ...(features.tokenExchange ? [TOKEN_EXCHANGE] : []),
  ]
  return [
    {
      client_id: NATIVE_CLIENT,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: grants,
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback', ...appRedirectUris],
      post_logout_redirect_uris: ['http://127.0.0.1/signed-out'],
    },
    {
      client_id: CONFIDENTIAL_CLIENT.clientId,
      client_secret: CONFIDENTIAL_CLIENT.clientSecret,
      grant_types: features.clientCredentials ? [...grants, 'client_credentials'] : grants,
      response_types: ['code'],
      redirect_uris: [...webRedirectUris],
    },
  ]
}

/** A native client may use any port and path of a loopback address, as RFC 8252 asks of servers for the port. */
function acceptAnyLoopbackRedirect(provider: Provider): void {
  const { prototype } = provider.Client as unknown as { prototype: { redirectUriAllowed(value: string): boolean } }
  const strict = prototype.redirectUriAllowed
  prototype.redirectUriAllowed = function isAllowed(this: { applicationType?: string }, value: string): boolean {
    const url = URL.parse(value)
    const isLoopback = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
    return (this.applicationType === 'native' && isLoopback) || strict.call(this, value)
  }
}
