import { readFile, writeFile } from 'node:fs/promises'
import {
  type AccountInfo,
  type Configuration,
  type ICachePlugin,
  type INetworkModule,
  type NetworkRequestOptions,
  PublicClientApplication,
} from '@azure/msal-node'

const HOST = 'login.microsoftonline.com'
const TENANT = '11111111-1111-1111-1111-111111111111'
const CLIENT = '00000000-0000-0000-0000-000000000001'
export const MSAL_SCOPES = ['user.read']

type TokenAnswer = Record<string, unknown>

export interface MsalOptions {
  readonly cachePlugin?: ICachePlugin
  /** Answers a refresh; default: a token that is made here. */
  readonly refresh?: (form: URLSearchParams) => Promise<{ status: number; body: TokenAnswer }>
}

/** MSAL as an app sets it up, except that its network is a function: nothing leaves this machine. */
export function createMsal(options: MsalOptions = {}): PublicClientApplication {
  return new PublicClientApplication({
    ...msalConfiguration(),
    system: { networkClient: networkOf(options) },
    ...(options.cachePlugin && { cache: { cachePlugin: options.cachePlugin } }),
  })
}

/** Everything that MSAL would look up otherwise. */
export function msalConfiguration(): Configuration {
  const base = `https://${HOST}/${TENANT}`
  return {
    auth: {
      clientId: CLIENT,
      authority: base,
      authorityMetadata: JSON.stringify({
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        end_session_endpoint: `${base}/oauth2/v2.0/logout`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
      }),
      cloudDiscoveryMetadata: JSON.stringify({
        tenant_discovery_endpoint: `${base}/v2.0/.well-known/openid-configuration`,
        'api-version': '1.1',
        metadata: [{ preferred_network: HOST, preferred_cache: HOST, aliases: [HOST] }],
      }),
    },
  }
}

/** Signs one account in, by the refresh token that it already has. */
export async function signInToMsal(app: PublicClientApplication, refreshToken: string): Promise<AccountInfo> {
  const result = await app.acquireTokenByRefreshToken({ refreshToken, scopes: MSAL_SCOPES, forceCache: true })
  if (result?.account == null) throw new Error('MSAL returned no account')
  return result.account
}

/**
 * The cache file of MSAL with `count` accounts, one token each.
 *
 * One account is signed in; the others are copies of what MSAL wrote for it under other ids, because signing in
 * hundreds takes MSAL minutes.
 */
export async function msalCacheWith(count: number): Promise<string> {
  const app = createMsal()
  await signInToMsal(app, 'refresh-token-0')
  const template = app.getTokenCache().serialize()
  const sections: Record<string, Record<string, unknown>> = {}
  for (let number = 0; number < count; number++) {
    const copy = JSON.parse(template.replaceAll(uidOf(0), uidOf(number))) as typeof sections
    for (const [section, entries] of Object.entries(copy)) {
      sections[section] ??= {}
      Object.assign(sections[section], entries)
    }
  }
  return JSON.stringify(sections)
}

/** The account with this number in {@link msalCacheWith}, as MSAL describes it. */
export function msalAccount(number: number): AccountInfo {
  const uid = uidOf(number)
  return {
    homeAccountId: `${uid}.${TENANT}`,
    environment: HOST,
    tenantId: TENANT,
    username: 'ana@example.com',
    localAccountId: uid,
  }
}

/** The plugin that MSAL's documentation shows: reads the whole store before each access, writes it after a change. */
export function documentedPlugin(file: string): ICachePlugin {
  return {
    beforeCacheAccess: async ({ tokenCache }) => tokenCache.deserialize(await readFile(file, 'utf8')),
    afterCacheAccess: async ({ cacheHasChanged, tokenCache }) => {
      if (cacheHasChanged) await writeFile(file, tokenCache.serialize())
    },
  }
}

function uidOf(number: number): string {
  return `22222222-2222-2222-2222-${String(number).padStart(12, '0')}`
}

function networkOf({ refresh = issueToken }: MsalOptions): INetworkModule {
  return {
    sendGetRequestAsync: () => Promise.reject(new Error('MSAL asked for something that it was given already')),
    async sendPostRequestAsync<T>(_url: string, request?: NetworkRequestOptions) {
      const { status, body } = await refresh(new URLSearchParams(request?.body))
      return { headers: {}, status, body: body as T }
    },
  }
}

async function issueToken(form: URLSearchParams): Promise<{ status: number; body: TokenAnswer }> {
  return {
    status: 200,
    body: tokenAnswer(form.get('refresh_token') ?? '', `access-${Math.random()}`.padEnd(1_200, 'x')),
  }
}

/** What Entra answers: tokens, and who they are for. The refresh token `refresh-token-7` is that of account 7. */
export function tokenAnswer(
  refreshToken: string,
  accessToken: string,
  scopes: readonly string[] = MSAL_SCOPES,
): TokenAnswer {
  const uid = uidOf(Number(/^refresh-token-(\d+)$/.exec(refreshToken)?.[1] ?? 0))
  const claims = {
    iss: `https://${HOST}/${TENANT}/v2.0`,
    aud: CLIENT,
    oid: uid,
    tid: TENANT,
    sub: uid,
    preferred_username: 'ana@example.com',
    name: 'Ana',
    exp: Math.trunc(Date.now() / 1_000) + 3_600,
    iat: Math.trunc(Date.now() / 1_000),
  }
  return {
    token_type: 'Bearer',
    scope: scopes.join(' '),
    expires_in: 3_600,
    access_token: accessToken,
    refresh_token: refreshToken,
    id_token: `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded(claims)}.`,
    client_info: encoded({ uid, utid: TENANT }),
  }
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
