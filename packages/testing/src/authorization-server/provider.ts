import type Provider from 'oidc-provider'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { ServerStore } from './memory-adapter.ts'
import { claimsOf, type ServerSettings } from './options.ts'

export const NATIVE_CLIENT = 'native-app'
export const CONFIDENTIAL_CLIENT = { clientId: 'web-app', clientSecret: 'web-app-secret-of-the-test-server' } as const

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const GRANTS = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code']

/** The real provider, configured so that nobody has to click. */
export async function createProvider(issuer: string, settings: ServerSettings, store: ServerStore): Promise<Provider> {
  const { default: OidcProvider } = await import('oidc-provider')
  const provider = new OidcProvider(issuer, await configurationFor(issuer, settings, store))
  acceptAnyLoopbackRedirect(provider)
  registerTokenExchange(provider, settings, issuer)
  return provider
}

async function configurationFor(issuer: string, settings: ServerSettings, store: ServerStore): Promise<Configuration> {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const audience = settings.audience ?? `${issuer}/api`
  const lifetime = settings.accessTokenLifetimeS
  return {
    adapter: (model) => store.adapterFor(model),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'test-key' }] },
    cookies: { keys: ['a key that only signs the cookies of a test server'] },
    clients: clientsFor(),
    scopes: ['openid', 'offline_access', ...settings.scopes],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
    // Real services put the name and address into the ID token; asking userinfo for them is extra.
    conformIdTokenClaims: false,
    findAccount: (_context, sub) =>
      Object.hasOwn(settings.users, sub)
        ? { accountId: sub, claims: async () => ({ ...claimsOf(settings.users, sub), sub }) }
        : undefined,
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    issueRefreshToken: async (_context, client) => settings.refreshTokens && client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: settings.rotation !== 'none',
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: lifetime,
      ClientCredentials: lifetime,
      IdToken: 3_600,
      RefreshToken: settings.refreshTokenLifetimeS,
      Grant: settings.refreshTokenLifetimeS,
      Session: 3_600,
      Interaction: 600,
      DeviceCode: 600,
      AuthorizationCode: 60,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async () => true },
      pushedAuthorizationRequests: { enabled: true },
      revocation: { enabled: true, allowedPolicy: async () => true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => ({
          scope: settings.scopes.join(' '),
          audience: resource,
          accessTokenTTL: lifetime,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  }
}

function clientsFor(): Configuration['clients'] {
  return [
    {
      client_id: NATIVE_CLIENT,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: [...GRANTS, TOKEN_EXCHANGE],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      post_logout_redirect_uris: ['http://127.0.0.1/signed-out'],
    },
    {
      client_id: CONFIDENTIAL_CLIENT.clientId,
      client_secret: CONFIDENTIAL_CLIENT.clientSecret,
      grant_types: [...GRANTS, 'client_credentials', TOKEN_EXCHANGE],
      response_types: ['code'],
      redirect_uris: ['https://app.example.com/callback'],
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

/** Token exchange is not built into the provider: a subject token of its own is exchanged for one with other scopes. */
function registerTokenExchange(provider: Provider, settings: ServerSettings, issuer: string): void {
  const parameters = [
    'subject_token',
    'subject_token_type',
    'audience',
    'resource',
    'scope',
    'requested_token_type',
    'actor_token',
  ]
  const handle = async (context: KoaContextWithOIDC): Promise<void> => {
    const { params, client } = context.oidc
    const subjectToken = String(params?.['subject_token'] ?? '')
    if (client === undefined || subjectToken.split('.').length !== 3) {
      context.status = 400
      context.body = { error: 'invalid_request' }
      return
    }
    const { decodeJwt } = await import('jose')
    const { sub = 'nobody' } = decodeJwt(subjectToken)
    const scope = String(params?.['scope'] ?? '')
    const token = new provider.AccessToken({
      accountId: sub,
      client,
      scope,
      grantId: 'token-exchange',
      gty: 'token-exchange',
    } as never)
    token.resourceServer = new provider.ResourceServer(String(params?.['audience'] ?? `${issuer}/api`), {
      scope: settings.scopes.join(' '),
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'RS256' } },
    })
    context.body = {
      access_token: await token.save(),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: settings.accessTokenLifetimeS,
      scope,
    }
  }
  provider.registerGrantType(TOKEN_EXCHANGE, handle, parameters)
}
