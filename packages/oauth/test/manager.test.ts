// Through AccountManager, as an app does it, against a real authorization server.
import { type AccountManager, type AccountState, type InteractionHandler, isAccountError } from '@accountry/accounts'
import { createOAuthAuthenticator, createSecretAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { google } from '@accountry/oauth/providers/google'
import {
  type AuthorizationServer,
  createFakeClock,
  createFakeInteraction,
  type FakeClock,
  openTestManager,
  startAuthorizationServer,
  type TestManager,
} from '@accountry/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { errorOf } from './context.ts'

let clock: FakeClock
let server: AuthorizationServer
let world: TestManager

async function open(
  options: Partial<OAuthAuthenticatorOptions> = {},
  serverOptions: Parameters<typeof startAuthorizationServer>[0] = {},
): Promise<AccountManager> {
  server = await startAuthorizationServer({ clock, ...serverOptions })
  world = await openTestManager({ clock, authenticators: [authenticator(options)], interaction: server.browser() })
  return world.manager
}

function authenticator(options: Partial<OAuthAuthenticatorOptions> = {}) {
  return createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: server.clientId,
    tokenTypes: { tasks: { scopes: ['tasks.read'] }, api: { scopes: ['api'] } },
    ...options,
  })
}

const stateOf = async (id: string): Promise<{ state: AccountState; reason?: string }> => {
  const { state, reason } = await world.manager.getAccountInfo(id)
  return reason === undefined ? { state } : { state, reason }
}

/** What a thief does with a refresh token. */
async function redeem(refreshToken: string): Promise<void> {
  const form = { grant_type: 'refresh_token', client_id: server.clientId, refresh_token: refreshToken }
  const response = await fetch(`${server.issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })
  expect(response.status).toBe(200)
}

beforeEach(() => {
  // In step with the system: the server compares proofs with the system's clock.
  clock = createFakeClock(Date.now())
})
afterEach(async () => {
  await world.close()
  await server.close()
})

describe('an account that signed in', () => {
  it('has tokens, renews them with rotation, and still does after a restart (B-21)', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    expect(account.name).toBe('ana@example.com')
    const first = await manager.getAuthToken(account, 'tasks')
    const used = await manager.getPassword(account)
    await clock.advance(3_600_000)
    const second = await manager.getAuthToken(account, 'tasks')
    expect(second.value).not.toBe(first.value)
    expect(await manager.getPassword(account)).not.toBe(used)
    const reopened = await world.reopen()
    await clock.advance(3_600_000)
    expect((await reopened.getAuthToken(account.id, 'tasks')).value).not.toBe(second.value)
    expect(await stateOf(account.id)).toEqual({ state: 'ok' })
  })

  it('asks for one token at a time, whatever is wanted at once (C-03)', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    await clock.advance(3_600_000)
    server.clearRequests()
    const wanted = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 'tasks' : 'api'))
    await Promise.all(wanted.map((type) => manager.getAuthToken(account, type)))
    expect(server.requestsTo('token')).toHaveLength(2)
    expect(await server.isRefreshTokenAlive((await manager.getPassword(account)) ?? '')).toBe(true)
  })

  it('opens one page, however many programs want it signed in at once', async () => {
    const manager = await open()
    const opened: URL[] = []
    const browser = server.browser()
    const interaction: InteractionHandler = {
      openBrowser: async (request) => {
        opened.push(request.url)
        await browser.openBrowser?.(request)
      },
    }
    const others = await Promise.all(
      [1, 2, 3].map(() => world.another({ authenticators: [authenticator()], interaction })),
    )
    const accounts = await Promise.all(
      others.map((other) => other.resolveAccount('com.example', { interaction: 'allow' })),
    )
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1)
    expect(opened).toHaveLength(1)
    const again = others.map((other) => other.updateCredentials(accounts[0]!))
    await Promise.all(again)
    expect(opened).toHaveLength(2)
    expect(await manager.getAccounts()).toHaveLength(1)
  })

  it('is updated, not doubled, when the same person signs in again', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    const again = await manager.addAccount('com.example')
    expect(again.id).toBe(account.id)
    expect(await manager.getAccounts()).toHaveLength(1)
  })

  it('is untouched when another person signs in for it', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    const password = await manager.getPassword(account)
    server.user = 'ben'
    expect((await errorOf(manager.updateCredentials(account))).code).toBe('ERR_IDENTITY_MISMATCH')
    expect(await manager.getPassword(account)).toBe(password)
  })

  it('tells the service its own name for the person, whatever the account is called by now', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    await manager.renameAccount(account, 'work')
    server.clearRequests()
    await manager.updateCredentials(account.id)
    expect(server.requestsTo('authorization')[0]?.params['login_hint']).toBe('ana@example.com')
    expect(await manager.getAccount(account.id)).toMatchObject({ name: 'work' })
  })

  it('can be confirmed by the person and by nobody else', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    expect(await manager.confirmCredentials(account)).toBe(true)
    server.user = 'ben'
    expect(await manager.confirmCredentials(account)).toBe(false)
    await clock.advance(3_600_000)
    await manager.getAuthToken(account, 'tasks')
  })

  it('has the features that the person allowed', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    expect(await manager.hasFeatures(account, ['tasks', 'api'])).toBe(true)
    expect(await manager.hasFeatures(account, ['tasks.write'])).toBe(false)
  })

  it('is ended at the service when it is removed (E-21)', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    const password = (await manager.getPassword(account)) ?? ''
    expect(await manager.removeAccount(account)).toBe('removed')
    await manager.close()
    expect(await server.isRefreshTokenAlive(password)).toBe(false)
    expect(server.requestsTo('revocation')).toHaveLength(1)
  })

  it('gives tokens for ad-hoc scopes', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    const token = await manager.getAuthToken(account, { scopes: ['tasks.read', 'api'] })
    expect([...token.scopes].sort()).toEqual(['api', 'tasks.read'])
  })

  describe('for resources (RFC 8707)', () => {
    const one = 'https://one.example'
    const types = { one: { scopes: ['api'], resource: one }, tasks: { scopes: ['tasks.read'] } }

    it('sends no renewal for one that the sign-in did not ask for: servers use the credential up and then say no', async () => {
      const manager = await open({ tokenTypes: types }, { resources: { [one]: { scope: 'api' } } })
      const account = await manager.addAccount('com.example')
      server.clearRequests()
      const other = { scopes: ['api'], resource: 'https://two.example' }
      const error = await errorOf(manager.getAuthToken(account, other))
      expect(error).toMatchObject({ code: 'ERR_SCOPE_NOT_GRANTED', action: 'sign-in' })
      expect(server.requestsTo('token')).toEqual([])
      expect((await manager.getAuthToken(account, 'one')).scopes).toEqual(['api'])
      expect(await stateOf(account.id)).toEqual({ state: 'ok' })
    })

    it('asks for another at the next sign-in, beside those that were there', async () => {
      const manager = await open({ tokenTypes: types })
      const account = await manager.addAccount('com.example')
      const [two, wanted] = ['https://two.example', { scopes: ['api'], resource: 'https://two.example' }]
      await manager.updateCredentials(account, { options: { resource: two } })
      const url = new URL(server.requestsTo('authorization').at(-1)?.url ?? '', server.issuer)
      expect(url.searchParams.getAll('resource')).toEqual([one, two])
      expect((await manager.getAuthToken(account, wanted)).scopes).toEqual(['api'])
      await manager.getAuthToken(account, 'one', { forceRefresh: true })
    })

    it.each(['two', 'https://two.example/#x', 'https://two.example/a b'])(
      'refuses %s, which is none',
      async (resource) => {
        const manager = await open({ tokenTypes: types })
        const account = await manager.addAccount('com.example')
        server.clearRequests()
        const error = await errorOf(manager.getAuthToken(account, { scopes: ['api'], resource }))
        expect(error.message).toContain('authTokenType.resource must be an absolute URI without fragment')
        expect(server.requests).toEqual([])
      },
    )
  })

  it('says at once that a scope was not granted, and keeps the account (B-22)', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    const error = await errorOf(manager.getAuthToken(account, { scopes: ['tasks.write'] }))
    expect(error.code).toBe('ERR_SCOPE_NOT_GRANTED')
    expect(await stateOf(account.id)).toEqual({ state: 'ok' })
    await manager.getAuthToken(account, 'api')
  })
})

describe('an account that was added by hand', () => {
  it('works like one that signed in, and is bound to client and issuer at its first use', async () => {
    const manager = await open()
    const password = await server.mintRefreshToken()
    const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'mine' }, { password })
    await manager.getAuthToken(account, 'tasks')
    expect((await manager.getAccountInfo(account)).issuer).toBe(server.issuer)
    expect(await manager.getPassword(account)).not.toBe(password)
  })

  it('is not used by another client, without a request and without a write', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    server.clearRequests()
    const other = await world.another({ authenticators: [authenticator({ clientId: 'another' })] })
    const error = await errorOf(other.getAuthToken(account.id, { scopes: ['api'] }))
    expect(error).toMatchObject({ code: 'ERR_MISCONFIGURED', reason: 'other-client' })
    expect(server.requests).toEqual([])
    await manager.getAuthToken(account, { scopes: ['api'] })
  })
})

describe('when the service fails', () => {
  it.each<[string, Parameters<AuthorizationServer['faults']['next']>[1], string, AccountState]>([
    ['it throttles', { status: 429, headers: { 'retry-after': '30' } }, 'ERR_THROTTLED', 'degraded'],
    ['it is down', { status: 503 }, 'ERR_SERVER', 'degraded'],
    [
      'a captive portal answers',
      { status: 200, body: '<html>log in</html>', headers: { 'content-type': 'text/html' } },
      'ERR_SERVER',
      'degraded',
    ],
    [
      'it does not know the client',
      { status: 401, body: { error: 'invalid_client' } },
      'ERR_MISCONFIGURED',
      'misconfigured',
    ],
    [
      'it wants the person',
      { status: 400, body: { error: 'interaction_required' } },
      'ERR_INTERACTION_REQUIRED',
      'needs-interaction',
    ],
    ['it denies access', { status: 400, body: { error: 'access_denied' } }, 'ERR_INTERACTION_REQUIRED', 'needs-reauth'],
  ])('because %s, the credential is kept', async (_name, fault, code, state) => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    const password = await manager.getPassword(account)
    await clock.advance(3_600_000)
    server.faults.next('token', fault)
    expect((await errorOf(manager.getAuthToken(account, 'tasks'))).code).toBe(code)
    expect((await stateOf(account.id)).state).toBe(state)
    expect(await manager.getPassword(account)).toBe(password)
  })

  it('asks once more at once when the answer was lost, and a server with grace gives it again', async () => {
    const manager = await open({}, { rotation: 'grace' })
    const account = await manager.addAccount('com.example')
    await clock.advance(3_600_000)
    server.clearRequests()
    server.faults.next('token', { dropAfter: true })
    await manager.getAuthToken(account, 'tasks')
    expect(server.requestsTo('token')).toHaveLength(2)
  })

  it('says that the answer was lost when a strict server then refuses (C-15)', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    await clock.advance(3_600_000)
    server.clearRequests()
    server.faults.next('token', { dropAfter: true })
    const error = await errorOf(manager.getAuthToken(account, 'tasks'))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'rotation_response_lost' })
    expect(server.requestsTo('token')).toHaveLength(2)
    expect(await stateOf(account.id)).toEqual({ state: 'needs-reauth', reason: 'rotation_response_lost' })
  })

  it('stops asking when the grant is dead, and works again after a sign-in (C-20)', async () => {
    const manager = await open()
    const account = await manager.addAccount('com.example')
    await server.revokeGrant((await manager.getPassword(account)) ?? '')
    await clock.advance(3_600_000)
    expect((await errorOf(manager.getAuthToken(account, 'tasks'))).reason).toBe('revoked_or_reused')
    server.clearRequests()
    await errorOf(manager.getAuthToken(account, 'tasks'))
    expect(server.requests).toEqual([])
    await manager.updateCredentials(account)
    await clock.advance(3_600_000)
    await manager.getAuthToken(account, 'tasks')
    expect(await stateOf(account.id)).toEqual({ state: 'ok' })
  })

  it('ends at the service what it had saved when the person changed the account before the call was done', async () => {
    const manager = await open({ tokenTypes: { who: { scopes: ['openid', 'api'] } } })
    const account = await manager.addAccount('com.example')
    await clock.advance(3_600_000)
    const keys = Promise.withResolvers<void>()
    server.faults.next('jwks', { hold: keys.promise })
    const asked = manager.getAuthToken(account, 'who')
    // The renewed credential is saved before the keys are asked for.
    await vi.waitFor(() => expect(server.requestsTo('jwks').length).toBeGreaterThan(1))
    const renewed = (await manager.getPassword(account)) ?? ''
    const chosen = await server.mintRefreshToken()
    await manager.setPassword(account, chosen)
    keys.resolve()
    expect((await asked).scopes).toContain('api')
    await vi.waitFor(async () => expect(await server.isRefreshTokenAlive(renewed)).toBe(false))
    expect(await server.isRefreshTokenAlive((await manager.getPassword(account)) ?? '')).toBe(true)
  })

  describe('that the service replaces at each use', () => {
    it('calls for attention when it is refused at its first use: somebody else may have it', async () => {
      const manager = await open()
      const account = await manager.addAccount('com.example')
      const heard: unknown[] = []
      manager.on('account:attention', ({ reason }) => heard.push(reason))
      await manager.getAuthToken(account, 'tasks', { forceRefresh: true })
      const stolen = (await manager.getPassword(account)) ?? ''
      await redeem(stolen)
      expect((await errorOf(manager.getAuthToken(account, 'tasks', { forceRefresh: true }))).reason).toBe(
        'revoked_or_reused',
      )
      await manager.flush()
      expect(heard).toEqual(['revoked_or_reused'])
    })

    it('raises no such alarm where the server used it up while it refused a request', async () => {
      const known = 'https://known.example'
      const manager = await open({}, { resources: { [known]: { scope: 'api' } }, audience: known })
      const account = await manager.addAccount('com.example')
      const heard: unknown[] = []
      manager.on('account:attention', ({ reason }) => heard.push(reason))
      await manager.getAuthToken(account, 'api', { forceRefresh: true })
      const wanted = { scopes: ['api'], resource: 'https://unknown.example' }
      expect((await errorOf(manager.getAuthToken(account, wanted))).code).toBe('ERR_SCOPE_NOT_GRANTED')
      await errorOf(manager.getAuthToken(account, 'api', { forceRefresh: true }))
      await manager.flush()
      expect([heard, (await stateOf(account.id)).reason]).toEqual([[], 'revoked_or_reused'])
    })

    it('raises no such alarm where the server broke down over the last renewal', async () => {
      const manager = await open()
      const account = await manager.addAccount('com.example')
      const heard: unknown[] = []
      manager.on('account:attention', ({ reason }) => heard.push(reason))
      await manager.getAuthToken(account, 'api', { forceRefresh: true })
      const password = (await manager.getPassword(account)) ?? ''
      server.faults.next('token', { status: 500, body: 'broken' })
      expect((await errorOf(manager.getAuthToken(account, 'api', { forceRefresh: true }))).code).toBe('ERR_SERVER')
      await redeem(password)
      await clock.advance(600_000)
      await errorOf(manager.getAuthToken(account, 'api', { forceRefresh: true }))
      await manager.flush()
      expect([heard, (await stateOf(account.id)).reason]).toEqual([[], 'revoked_or_reused'])
    })

    it('raises no such alarm where its own answer was lost', async () => {
      const manager = await open()
      const account = await manager.addAccount('com.example')
      const heard: unknown[] = []
      manager.on('account:attention', ({ reason }) => heard.push(reason))
      await manager.getAuthToken(account, 'tasks', { forceRefresh: true })
      server.faults.next('token', { dropAfter: true })
      const error = await errorOf(manager.getAuthToken(account, 'tasks', { forceRefresh: true }))
      expect(error.reason).toBe('rotation_response_lost')
      await manager.flush()
      expect(heard).toEqual([])
    })
  })

  it('notices that the service answers for another person (D-18)', async () => {
    const manager = await open({ tokenTypes: { who: { scopes: ['openid', 'api'] } } })
    const account = await manager.addAccount('com.example')
    await clock.advance(3_600_000)
    const now = Math.floor(clock.now() / 1000)
    const claims = { iss: server.issuer, aud: server.clientId, sub: 'eve', iat: now, exp: now + 300 }
    const idToken = await server.signJwt(claims)
    server.faults.next('token', { rewrite: (body) => ({ ...body, id_token: idToken }) })
    const error = await errorOf(manager.getAuthToken(account, 'who'))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'identity_changed' })
    expect((await stateOf(account.id)).state).toBe('identity-changed')
  })
})

describe('a session', () => {
  it('starts in one place and is finished in another', async () => {
    const manager = await open({ redirectUri: 'http://127.0.0.1:4711/callback' })
    const { session, url } = await manager.startAddAccountSession('com.example')
    const answer = await server.signIn(url!, 'ben')
    const account = await manager.finishSession(session, { url: answer })
    expect(account.name).toBe('ben@example.com')
    expect((await errorOf(manager.finishSession(session, { url: answer }))).code).toBe('ERR_SESSION_INVALID')
  })
})

describe('tokens bound to a key', () => {
  it('are presented with a proof for each request (E-30, E-36)', async () => {
    const manager = await open({ dpop: 'require' })
    const account = await manager.addAccount('com.example')
    const token = await manager.getAuthToken(account, 'tasks')
    expect(token.scheme).toBe('DPoP')
    const url = new URL('https://api.example.com/tasks?limit=1')
    const headers = await manager.authorizeRequest(token, { method: 'GET', url, nonce: 'n-1' })
    expect(headers['Authorization']).toBe(`DPoP ${token.value}`)
    const [head, payload] = (headers['DPoP'] ?? '').split('.').map((part) => {
      try {
        return JSON.parse(Buffer.from(part, 'base64url').toString())
      } catch {
        return undefined
      }
    })
    expect(head).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC' } })
    expect(head.jwk.d).toBeUndefined()
    expect(payload).toMatchObject({
      htm: 'GET',
      htu: 'https://api.example.com/tasks',
      nonce: 'n-1',
      ath: expect.any(String),
    })
    const again = await manager.authorizeRequest(token, { method: 'GET', url })
    expect(again['DPoP']).not.toBe(headers['DPoP'])
  })

  it('are renewed with the key that the account was made with', async () => {
    const manager = await open({ dpop: 'prefer' })
    const account = await manager.addAccount('com.example')
    expect((await manager.getAuthToken(account, 'api')).scheme).toBe('DPoP')
    const reopened = await world.reopen()
    expect((await reopened.getAuthToken(account.id, 'tasks', { forceRefresh: true })).scheme).toBe('DPoP')
    // The key is no user data, and the password is the refresh token alone.
    expect(await server.isRefreshTokenAlive((await reopened.getPassword(account.id)) ?? '')).toBe(true)
  })
})

describe('a service without refresh tokens', () => {
  it('keeps its access token as the password, and asks for a sign-in when it has run out', async () => {
    const manager = await open({}, { refreshTokens: false })
    const account = await manager.addAccount('com.example')
    const token = await manager.getAuthToken(account, { scopes: ['api'] })
    expect(token.value).toBe(await manager.getPassword(account))
    server.clearRequests()
    await clock.advance(3_600_000)
    const error = await errorOf(manager.getAuthToken(account, { scopes: ['api'] }))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'expired' })
    expect(server.requestsTo('token')).toEqual([])
  })
})

describe('a service that once gave no refresh token', () => {
  it('needs the person when a server rejects the token, which is kept and not handed out again', async () => {
    const manager = await open({}, { refreshTokens: false })
    const account = await manager.addAccount('com.example')
    const token = await manager.getAuthToken(account, { scopes: ['api'] })
    await manager.invalidateAuthToken(token)
    expect(await stateOf(account.id)).toEqual({ state: 'needs-reauth', reason: 'token_rejected' })
    expect((await errorOf(manager.getAuthToken(account, { scopes: ['api'] }))).reason).toBe('token_rejected')
    expect(await manager.getPassword(account)).toBe(token.value)
    await manager.updateCredentials(account)
    expect((await manager.getAuthToken(account, { scopes: ['api'] })).value).not.toBe(token.value)
  })
})

describe('an account with a secret', () => {
  it('hands it out, and needs a new one once a server rejected it (C-31)', async () => {
    server = await startAuthorizationServer({ clock })
    const own = createSecretAuthenticator({
      type: 'com.example.key',
      label: 'Example',
      fields: [
        { name: 'name', label: 'Name' },
        { name: 'key', label: 'Key', secret: true },
      ],
    })
    const interaction = createFakeInteraction({ promptCredentials: [{ name: 'ana', key: 'the-key' }] } as never)
    world = await openTestManager({ clock, authenticators: [own], interaction })
    const account = await world.manager.addAccountExplicitly(
      { type: 'com.example.key', name: 'ana' },
      { password: 'the-key' },
    )
    const token = await world.manager.getAuthToken(account, 'api')
    expect(token.value).toBe('the-key')
    await world.manager.invalidateAuthToken(token)
    expect(await stateOf(account.id)).toEqual({ state: 'needs-reauth', reason: 'token_rejected' })
    expect((await errorOf(world.manager.getAuthToken(account, 'api'))).reason).toBe('token_rejected')
  })
})

describe('the provider for Google', () => {
  it('can be pointed at another server, as tests of an app do', async () => {
    server = await startAuthorizationServer({ clock })
    const own = google({
      clientId: server.clientId,
      issuer: server.issuer,
      tokenTypes: { calendar: { scopes: ['api'], origins: ['https://www.googleapis.com'] } },
    })
    world = await openTestManager({ clock, authenticators: [own], interaction: server.browser('ben') })
    const account = await world.manager.resolveAccount('com.google', { interaction: 'allow' })
    expect(account.name).toBe('ben@example.com')
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBeTruthy()
  })
})

it('never leaks a token into an error, however it fails', async () => {
  const manager = await open()
  const account = await manager.addAccount('com.example')
  await clock.advance(3_600_000)
  const secrets = [(await manager.getPassword(account)) ?? '']
  for (const rewrite of [
    () => '{"access_token":"leaky-at"',
    () => ({ access_token: 'leaky\n', refresh_token: 'leaky-rt' }),
  ]) {
    server.faults.next('token', { rewrite, times: 2 })
    const error = await manager.getAuthToken(account, 'tasks').catch((thrown: unknown) => thrown)
    expect(isAccountError(error)).toBe(true)
    const printed = `${JSON.stringify(error)} ${String(error)} ${(error as Error).stack}`
    for (const secret of ['leaky', ...secrets]) expect(printed).not.toContain(secret)
    await clock.advance(600_000)
  }
})
