// The shapes that services really answer with, where they depart from the RFCs. No request leaves this machine.
import { type Account, type Authenticator, type Credential, type NewAccount, SecretInput } from '@accountry/accounts'
import { atlassian } from '@accountry/oauth/providers/atlassian'
import { dropbox } from '@accountry/oauth/providers/dropbox'
import { firebase } from '@accountry/oauth/providers/firebase'
import { github } from '@accountry/oauth/providers/github'
import { gitlab } from '@accountry/oauth/providers/gitlab'
import { google } from '@accountry/oauth/providers/google'
import { hubspot } from '@accountry/oauth/providers/hubspot'
import { linear } from '@accountry/oauth/providers/linear'
import { microsoft } from '@accountry/oauth/providers/microsoft'
import { notion } from '@accountry/oauth/providers/notion'
import { salesforce } from '@accountry/oauth/providers/salesforce'
import { slack } from '@accountry/oauth/providers/slack'
import { zoho } from '@accountry/oauth/providers/zoho'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { errorOf, testContext, testCredential } from './context.ts'

beforeAll(() => nock.disableNetConnect())
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([])
  nock.cleanAll()
})

const redirectUri = 'http://localhost:4711/callback'
const secret = { clientId: 'client', clientSecret: 'secret', redirectUri }
const keys = await generateKeyPair('RS256')
const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }

const signed = (claims: JWTPayload) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(keys.privateKey)

/** Signs in without a browser: the service sends the person back with a code. */
async function signIn(
  own: Authenticator,
  beforeRedeem: (authorization: URL) => void | Promise<void> = () => undefined,
): Promise<NewAccount> {
  const started = await own.startAddAccountSession!({ options: {}, redirectUri }, testContext())
  await beforeRedeem(started.url!)
  const url = new URL(redirectUri)
  url.searchParams.set('code', 'the-code')
  url.searchParams.set('state', started.url!.searchParams.get('state')!)
  return await own.finishSession!({ session: started.session, answer: { url } }, testContext())
}

function refresh(own: Authenticator, credential: Partial<Credential>, authTokenType = 'api') {
  const account: Account = { id: 'a1', type: own.description.type, name: 'ana' }
  const stored = testCredential({ password: 'rt-1', ...credential })
  return { stored, token: own.getAuthToken({ account, authTokenType, options: {} }, stored.context) }
}

describe('GitHub', () => {
  const own = (options = {}) => github({ ...secret, tokenTypes: { api: { scopes: ['repo'] } }, ...options })

  it('answers a sign-in without refresh token, with scopes separated by commas, and says who it is elsewhere', async () => {
    nock('https://github.com')
      .post('/login/oauth/access_token', (body) => body.client_secret === 'secret' && body.code_verifier.length === 43)
      .matchHeader('accept', 'application/json')
      .reply(200, { access_token: 'gho_1', scope: 'gist,repo', token_type: 'bearer' })
    nock('https://api.github.com')
      .get('/user')
      .matchHeader('authorization', 'Bearer gho_1')
      .reply(200, { login: 'octocat', id: 583231, email: null, name: 'The Octocat' })
    const account = await signIn(own(), (url) => expect(url.searchParams.get('scope')).toBe('repo'))
    expect(account).toMatchObject({ name: 'octocat', subject: '583231', password: 'gho_1' })
    expect(account.tokens?.['api']?.value).toBe('gho_1')
    const { token } = refresh(own(), { ...account, fields: account.fields } as never)
    expect(await token).toMatchObject({ value: 'gho_1', scheme: 'Bearer' })
  })

  it('reports a dead refresh token of a GitHub App with status 200 (B-29)', async () => {
    nock('https://github.com').post('/login/oauth/access_token').reply(200, {
      error: 'bad_refresh_token',
      error_description: 'The refresh token passed is incorrect or expired.',
      error_uri: 'https://docs.github.com',
    })
    const { token } = refresh(own({ expiringTokens: true }), {})
    expect(await errorOf(token)).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' })
  })

  it('renews the tokens of a GitHub App, and answers with a form where JSON was asked for', async () => {
    nock('https://github.com')
      .post('/login/oauth/access_token', (body) => body.grant_type === 'refresh_token' && body.scope === undefined)
      .reply(
        200,
        'access_token=ghu_2&expires_in=28800&refresh_token=ghr_2&refresh_token_expires_in=15811200&scope=&token_type=bearer',
        {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
        },
      )
    const { token, stored } = refresh(own({ expiringTokens: true }), {})
    expect(await token).toMatchObject({ value: 'ghu_2' })
    expect(stored.current.password).toBe('ghr_2')
    expect(Number(stored.current.fields['passwordExpiresAt'])).toBeGreaterThan(Date.now())
  })

  it('reports wrong client credentials with status 200', async () => {
    nock('https://github.com').post('/login/oauth/access_token').reply(200, { error: 'incorrect_client_credentials' })
    expect((await errorOf(signIn(own()))).code).toBe('ERR_MISCONFIGURED')
  })
})

describe('Slack', () => {
  const own = slack({ clientId: 'client', redirectUri, tokenTypes: { api: { scopes: ['chat:write', 'users:read'] } } })

  it('nests the token of the person and calls its type "user"', async () => {
    nock('https://slack.com')
      .post('/api/oauth.v2.access')
      .reply(200, {
        ok: true,
        app_id: 'A0',
        authed_user: {
          id: 'U1',
          scope: 'chat:write,users:read',
          access_token: 'xoxe.xoxp-1',
          token_type: 'user',
          refresh_token: 'xoxe-1',
          expires_in: 43200,
        },
        team: { id: 'T1', name: 'Team' },
      })
    const account = await signIn(own, (url) => {
      expect(url.searchParams.get('user_scope')).toBe('chat:write,users:read')
      expect(url.searchParams.has('scope')).toBe(false)
    })
    expect(account).toMatchObject({ name: 'Team', subject: 'T1:U1', password: 'xoxe-1', userData: { 'team.id': 'T1' } })
    expect(account.tokens?.['api']).toMatchObject({ value: 'xoxe.xoxp-1', scheme: 'Bearer' })
  })

  it('renews with the tokens at the top', async () => {
    nock('https://slack.com').post('/api/oauth.v2.access').reply(200, {
      ok: true,
      access_token: 'xoxe.xoxp-2',
      refresh_token: 'xoxe-2',
      expires_in: 43200,
      token_type: 'user',
      scope: 'chat:write,users:read',
    })
    const { token, stored } = refresh(own, {})
    expect(await token).toMatchObject({ value: 'xoxe.xoxp-2' })
    expect(stored.current.password).toBe('xoxe-2')
  })

  it.each([
    ['invalid_refresh_token', 'ERR_INTERACTION_REQUIRED'],
    ['token_revoked', 'ERR_INTERACTION_REQUIRED'],
    ['ratelimited', 'ERR_THROTTLED'],
    ['bad_client_secret', 'ERR_MISCONFIGURED'],
  ])('reports %s with status 200', async (error, code) => {
    nock('https://slack.com').post('/api/oauth.v2.access').reply(200, { ok: false, error })
    expect((await errorOf(refresh(own, {}).token)).code).toBe(code)
  })
})

describe('Notion', () => {
  const own = notion({ ...secret, tokenTypes: { api: { scopes: [] } } })

  it('takes JSON, proves the client by Basic, and says in the answer who it is', async () => {
    nock('https://api.notion.com')
      .post('/v1/oauth/token', (body) => body.grant_type === 'authorization_code' && body.code === 'the-code')
      .matchHeader('content-type', 'application/json')
      .matchHeader('authorization', `Basic ${Buffer.from('client:secret').toString('base64')}`)
      .reply(200, {
        access_token: 'ntn_1',
        token_type: 'bearer',
        refresh_token: 'nrt_1',
        bot_id: 'bot-1',
        workspace_id: 'w-1',
        workspace_name: 'Home',
        owner: { type: 'user', user: { object: 'user', id: 'u-1', name: 'Ana', person: { email: 'ana@example.com' } } },
      })
    const account = await signIn(own, (url) => expect(url.searchParams.get('owner')).toBe('user'))
    expect(account).toMatchObject({
      name: 'ana@example.com',
      subject: 'bot-1',
      password: 'nrt_1',
      userData: { workspace_id: 'w-1' },
    })
  })
})

describe('Atlassian', () => {
  const own = atlassian({ ...secret, tokenTypes: { api: { scopes: ['read:jira-work'] } } })

  it('asks for the audience, takes JSON and names the person at its own address', async () => {
    nock('https://auth.atlassian.com')
      .post('/oauth/token', (body) => body.client_secret === 'secret' && body.grant_type === 'authorization_code')
      .matchHeader('content-type', 'application/json')
      .reply(200, {
        access_token: 'at',
        expires_in: 3600,
        refresh_token: 'rt',
        scope: 'read:jira-work read:me offline_access',
        token_type: 'Bearer',
      })
    nock('https://api.atlassian.com')
      .get('/me')
      .reply(200, { account_id: '5b10', email: 'ana@example.com', name: 'Ana' })
    const account = await signIn(own, (url) => {
      expect(url.searchParams.get('audience')).toBe('api.atlassian.com')
      expect(url.searchParams.get('prompt')).toBe('consent')
    })
    expect(account).toMatchObject({ name: 'ana@example.com', subject: '5b10', password: 'rt' })
  })

  it('reports a dead refresh token with 403', async () => {
    nock('https://auth.atlassian.com')
      .post('/oauth/token')
      .reply(403, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' })
    expect(await errorOf(refresh(own, {}).token)).toMatchObject({ reason: 'revoked_or_reused' })
  })
})

describe('Linear', () => {
  it('separates scopes by commas and names the person in an answer to a query', async () => {
    const own = linear({ clientId: 'client', redirectUri, tokenTypes: { api: { scopes: ['issues:create'] } } })
    nock('https://api.linear.app')
      .post('/oauth/token', (body) => body.client_id === 'client')
      .reply(200, {
        access_token: 'at',
        token_type: 'Bearer',
        expires_in: 86399,
        scope: 'read,issues:create',
        refresh_token: 'rt',
      })
      .post('/graphql', { query: '{ viewer { id name email } }' })
      .reply(200, { data: { viewer: { id: 'v-1', name: 'Ana', email: 'ana@example.com' } } })
    const account = await signIn(own, (url) => expect(url.searchParams.get('scope')).toBe('read,issues:create'))
    expect(account).toMatchObject({
      name: 'ana@example.com',
      subject: 'v-1',
      fields: { grantedScopes: 'read issues:create', refusedScopes: '' },
    })
  })
})

describe('Zoho', () => {
  const own = zoho({
    ...secret,
    baseUrl: 'https://accounts.zoho.eu',
    tokenTypes: { api: { scopes: ['ZohoCRM.modules.ALL'] } },
  })

  it('has a scheme of its own and tells where the API is', async () => {
    nock('https://accounts.zoho.eu')
      .post('/oauth/v2/token')
      .reply(200, {
        access_token: '1000.a',
        refresh_token: '1000.r',
        api_domain: 'https://www.zohoapis.eu',
        token_type: 'Bearer',
        expires_in: 3600,
      })
      .get('/oauth/user/info')
      .matchHeader('authorization', 'Zoho-oauthtoken 1000.a')
      .reply(200, { ZUID: 12345, Email: 'ana@example.com', Display_Name: 'Ana' })
    const account = await signIn(own)
    expect(account).toMatchObject({
      name: 'ana@example.com',
      subject: '12345',
      userData: { api_domain: 'https://www.zohoapis.eu' },
    })
    expect(account.tokens?.['api']).toMatchObject({ scheme: 'Zoho-oauthtoken' })
    expect(own.description.tokenTypes?.['api']?.origins).toEqual(['https://www.zohoapis.eu'])
  })

  it('reports a dead refresh token with status 200', async () => {
    nock('https://accounts.zoho.eu').post('/oauth/v2/token').reply(200, { error: 'invalid_code' })
    expect(await errorOf(refresh(own, {}).token)).toMatchObject({ reason: 'revoked_or_reused' })
  })
})

describe('Google', () => {
  const calendar = 'https://www.googleapis.com/auth/calendar.readonly'
  const own = () => google({ ...secret, tokenTypes: { api: { scopes: [calendar] } } })
  const discovery = () =>
    nock('https://accounts.google.com')
      .get('/.well-known/openid-configuration')
      .reply(200, {
        issuer: 'https://accounts.google.com',
        authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
        token_endpoint: 'https://oauth2.googleapis.com/token',
        revocation_endpoint: 'https://oauth2.googleapis.com/revoke',
        userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
        jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['plain', 'S256'],
        token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
        scopes_supported: ['openid', 'email', 'profile'],
      })

  it('signs in with scopes under other names', async () => {
    discovery()
    nock('https://www.googleapis.com')
      .get('/oauth2/v3/certs')
      .reply(200, { keys: [jwk] })
    const account = await signIn(own(), async (url) => {
      expect(url.searchParams.get('access_type')).toBe('offline')
      const nonce = url.searchParams.get('nonce')
      const idToken = await signed({
        iss: 'https://accounts.google.com',
        aud: 'client',
        azp: 'client',
        sub: '110',
        email: 'ana@gmail.com',
        nonce,
      })
      nock('https://oauth2.googleapis.com')
        .post('/token')
        .reply(200, {
          access_token: 'ya29.1',
          expires_in: 3599,
          refresh_token: '1//0',
          refresh_token_expires_in: 604799,
          token_type: 'Bearer',
          id_token: idToken,
          scope: `https://www.googleapis.com/auth/userinfo.email openid ${calendar} https://www.googleapis.com/auth/userinfo.profile`,
        })
    })
    expect(account).toMatchObject({
      name: 'ana@gmail.com',
      subject: '110',
      password: '1//0',
      fields: { refusedScopes: '' },
    })
    expect(account.tokens?.['api']?.value).toBe('ya29.1')
  })

  it('notices a box that the person did not tick', async () => {
    discovery()
    nock('https://www.googleapis.com')
      .get('/oauth2/v3/certs')
      .reply(200, { keys: [jwk] })
    const account = await signIn(own(), async (url) => {
      const idToken = await signed({
        iss: 'https://accounts.google.com',
        aud: 'client',
        sub: '110',
        email: 'a@b.c',
        nonce: url.searchParams.get('nonce'),
      })
      nock('https://oauth2.googleapis.com').post('/token').reply(200, {
        access_token: 'ya29.1',
        expires_in: 3599,
        refresh_token: '1//0',
        token_type: 'Bearer',
        id_token: idToken,
        scope: 'openid https://www.googleapis.com/auth/userinfo.email',
      })
    })
    expect(account.fields?.['refusedScopes']).toBe(calendar)
    expect(account.tokens).toEqual({})
  })

  it('says that a grant is dead, and never revokes the person’s other grants by the way', async () => {
    discovery()
    nock('https://oauth2.googleapis.com')
      .post('/token')
      .reply(400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' })
    const { token, stored } = refresh(own(), { fields: { passwordExpiresAt: '1000' } })
    expect(await errorOf(token)).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'expired' })
    expect(stored.updates).toEqual([])
  })

  it('asks to sign in again when the session rules of an organisation say so', async () => {
    discovery()
    nock('https://oauth2.googleapis.com').post('/token').reply(400, {
      error: 'invalid_grant',
      error_description: 'reauth related error (invalid_rapt)',
      error_subtype: 'invalid_rapt',
    })
    expect((await errorOf(refresh(own(), {}).token)).code).toBe('ERR_INTERACTION_REQUIRED')
  })
})

describe('Microsoft', () => {
  const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
  const base = 'https://login.microsoftonline.com'
  const own = () =>
    microsoft({ clientId: 'client', tokenTypes: { api: { scopes: ['https://graph.microsoft.com/Mail.Read'] } } })
  const discovery = () =>
    nock(base)
      .get('/common/v2.0/.well-known/openid-configuration')
      .reply(200, {
        issuer: `${base}/{tenantid}/v2.0`,
        authorization_endpoint: `${base}/common/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/common/oauth2/v2.0/token`,
        device_authorization_endpoint: `${base}/common/oauth2/v2.0/devicecode`,
        jwks_uri: `${base}/common/discovery/v2.0/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      })

  it.each([
    ['believes the tenant that the token names', tenant, true],
    ['does not believe another one (D-23)', '00000000-0000-0000-0000-000000000001', false],
  ])('%s', async (_name, tid, isRight) => {
    discovery()
    nock(base)
      .get('/common/discovery/v2.0/keys')
      .reply(200, { keys: [jwk] })
    const signingIn = signIn(own(), async (url) => {
      const nonce = url.searchParams.get('nonce')
      const idToken = await signed({
        iss: `${base}/${tenant}/v2.0`,
        aud: 'client',
        sub: 'pairwise',
        tid,
        preferred_username: 'ana@contoso.com',
        nonce,
      })
      nock(base).post('/common/oauth2/v2.0/token').reply(200, {
        token_type: 'Bearer',
        scope: 'profile openid email Mail.Read',
        expires_in: 4799,
        ext_expires_in: 4799,
        access_token: 'eyJ',
        refresh_token: '1.A',
        id_token: idToken,
      })
    })
    if (!isRight) {
      expect((await errorOf(signingIn)).code).toBe('ERR_INVALID_RESPONSE')
      return
    }
    const account = await signingIn
    expect(account).toMatchObject({
      name: 'ana@contoso.com',
      fields: { refusedScopes: '', identityIssuer: `${base}/${tenant}/v2.0` },
    })
    expect(account.tokens?.['api']?.value).toBe('eyJ')
  })

  it('asks for a step-up with the claims that the service wants', async () => {
    discovery()
    const claims = '{"access_token":{"polids":{"essential":true,"values":["5b"]}}}'
    nock(base)
      .post('/common/oauth2/v2.0/token')
      .reply(400, {
        error: 'interaction_required',
        error_description: 'AADSTS53000: …',
        error_codes: [53000],
        suberror: 'message_only',
        claims,
      })
    expect(await errorOf(refresh(own(), {}).token)).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'interaction_required',
      challenge: { claims },
    })
  })
})

describe('HubSpot', () => {
  it('numbers its people and portals', async () => {
    const own = hubspot({ ...secret, tokenTypes: { api: { scopes: ['crm.objects.contacts.read'] } } })
    nock('https://api.hubapi.com')
      .post('/oauth/v3/token')
      .reply(200, {
        token_type: 'bearer',
        access_token: 'CKl',
        refresh_token: 'na1-1',
        expires_in: 1800,
        hub_id: 62515,
        user_id: 123,
        scopes: ['oauth', 'crm.objects.contacts.read'],
      })
    expect(await signIn(own)).toMatchObject({
      name: '62515',
      subject: '62515:123',
      password: 'na1-1',
      userData: { hub_id: '62515' },
    })
  })
})

describe('Salesforce', () => {
  it('tells where the organisation’s API is, and not when a token ends', async () => {
    const own = salesforce({
      ...secret,
      tokenTypes: { api: { scopes: ['api'], origins: ['https://acme.my.salesforce.com'] } },
    })
    const base = 'https://login.salesforce.com'
    nock(base)
      .get('/.well-known/openid-configuration')
      .reply(200, {
        issuer: base,
        authorization_endpoint: `${base}/services/oauth2/authorize`,
        token_endpoint: `${base}/services/oauth2/token`,
        revocation_endpoint: `${base}/services/oauth2/revoke`,
        jwks_uri: `${base}/id/keys`,
        id_token_signing_alg_values_supported: ['RS256'],
      })
    nock(base)
      .get('/id/keys')
      .reply(200, { keys: [jwk] })
    const account = await signIn(own, async (url) => {
      const idToken = await signed({
        iss: base,
        aud: 'client',
        sub: `${base}/id/00D/005`,
        email: 'ana@acme.com',
        nonce: url.searchParams.get('nonce'),
      })
      nock(base)
        .post('/services/oauth2/token')
        .reply(200, {
          access_token: '00D!1',
          refresh_token: '5Aep',
          instance_url: 'https://acme.my.salesforce.com',
          id: `${base}/id/00D/005`,
          token_type: 'Bearer',
          issued_at: '1700000000000',
          signature: 'x',
          scope: 'refresh_token openid api',
          id_token: idToken,
        })
    })
    expect(account).toMatchObject({
      name: 'ana@acme.com',
      userData: { instance_url: 'https://acme.my.salesforce.com' },
    })
    expect(account.tokens?.['api']?.expiresAt).toBeUndefined()
  })
})

describe('Dropbox', () => {
  it('asks for offline access and names the person by another request', async () => {
    const own = dropbox({ clientId: 'client', redirectUri, tokenTypes: { api: { scopes: ['files.metadata.read'] } } })
    nock('https://api.dropboxapi.com')
      .post('/oauth2/token')
      .reply(200, {
        access_token: 'sl.1',
        expires_in: 14400,
        token_type: 'bearer',
        scope: 'account_info.read files.metadata.read',
        refresh_token: 'r',
        account_id: 'dbid:1',
        uid: '1',
      })
      .post('/2/users/get_current_account')
      .reply(200, { account_id: 'dbid:1', email: 'ana@example.com', name: { display_name: 'Ana' } })
    const account = await signIn(own, (url) => expect(url.searchParams.get('token_access_type')).toBe('offline'))
    expect(account).toMatchObject({ name: 'ana@example.com', subject: 'dbid:1', claims: { name: 'Ana' } })
  })

  it('does not make an account of somebody whom the service does not name', async () => {
    const own = dropbox({ clientId: 'client', redirectUri })
    nock('https://api.dropboxapi.com')
      .post('/oauth2/token')
      .reply(200, { access_token: 'sl.1', token_type: 'bearer', refresh_token: 'r' })
      .post('/2/users/get_current_account')
      .reply(500)
    expect(await errorOf(signIn(own))).toMatchObject({ code: 'ERR_SERVER', retryable: true })
  })
})

describe('GitLab', () => {
  it('ends the old access token with every renewal, so no scope is asked for', async () => {
    const own = gitlab({ clientId: 'client', tokenTypes: { api: { scopes: ['read_api'] } } })
    expect(own.description.capabilities?.accessTokens).toBe('single')
    nock('https://gitlab.com')
      .get('/.well-known/openid-configuration')
      .reply(200, { issuer: 'https://gitlab.com', token_endpoint: 'https://gitlab.com/oauth/token' })
    nock('https://gitlab.com')
      .post('/oauth/token', (body) => body.scope === undefined)
      .reply(200, {
        access_token: 'a2',
        token_type: 'Bearer',
        expires_in: 7200,
        refresh_token: 'r2',
        scope: 'openid email profile read_api',
        created_at: 1700000000,
      })
    const { token, stored } = refresh(own, {})
    expect(await token).toMatchObject({ value: 'a2', scopes: ['openid', 'email', 'profile', 'read_api'] })
    expect(stored.current.password).toBe('r2')
  })
})

describe('Firebase', () => {
  const own = () => firebase({ projectId: 'demo', apiKey: 'AIza', tokenTypes: { api: { scopes: [] } } })
  const typed = {
    promptCredentials: async () => ({ email: new SecretInput('ana@example.com'), password: new SecretInput('pw') }),
  }
  const signingIn = () => own().addAccount({ requiredFeatures: [], options: {} }, testContext({ interaction: typed }))
  const identity = () =>
    nock('https://identitytoolkit.googleapis.com').post('/v1/accounts:signInWithPassword?key=AIza', {
      email: 'ana@example.com',
      password: 'pw',
      returnSecureToken: true,
    })

  it('signs in with a form and keeps the refresh token, not the password', async () => {
    const idToken = await signed({
      iss: 'https://securetoken.google.com/demo',
      aud: 'demo',
      sub: 'uid-1',
      email: 'ana@example.com',
    })
    identity().reply(200, {
      localId: 'uid-1',
      email: 'ana@example.com',
      idToken,
      refreshToken: 'AMf',
      expiresIn: '3600',
    })
    nock('https://www.googleapis.com')
      .get('/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com')
      .reply(200, { keys: [jwk] })
    const account = await signingIn()
    expect(account).toMatchObject({
      name: 'ana@example.com',
      subject: 'uid-1',
      password: 'AMf',
      tokens: { api: { value: idToken } },
    })
    expect(JSON.stringify(account)).not.toContain('"pw"')
  })

  it.each([
    ['INVALID_LOGIN_CREDENTIALS', 400, 'ERR_BAD_CREDENTIALS'],
    ['USER_DISABLED', 400, 'ERR_DENIED'],
    ['TOO_MANY_ATTEMPTS_TRY_LATER : try later', 400, 'ERR_THROTTLED'],
    ['OPERATION_NOT_ALLOWED', 400, 'ERR_MISCONFIGURED'],
    ['INTERNAL', 500, 'ERR_SERVER'],
  ])('says what %s means', async (message, status, code) => {
    identity().reply(status, { error: { code: status, message, errors: [] } })
    expect((await errorOf(signingIn())).code).toBe(code)
  })

  it('renews with the key in the address and without a client id', async () => {
    nock('https://securetoken.googleapis.com')
      .post('/v1/token?key=AIza', (body) => Object.keys(body).sort().join() === 'grant_type,refresh_token')
      .reply(200, {
        access_token: 'a2',
        expires_in: '3600',
        token_type: 'Bearer',
        refresh_token: 'r2',
        user_id: 'uid-1',
        project_id: '1',
      })
    const { token, stored } = refresh(own(), {})
    expect(await token).toMatchObject({ value: 'a2' })
    expect(stored.current.password).toBe('r2')
  })

  it('reports a dead refresh token inside an error of Google’s own shape', async () => {
    nock('https://securetoken.googleapis.com')
      .post('/v1/token?key=AIza')
      .reply(400, { error: { code: 400, message: 'TOKEN_EXPIRED', status: 'INVALID_ARGUMENT' } })
    expect(await errorOf(refresh(own(), {}).token)).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'revoked_or_reused',
    })
  })
})
