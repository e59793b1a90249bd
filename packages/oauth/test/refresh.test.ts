import { type Account, AccountError, type Credential } from '@accountry/accounts'
import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { createFakeClock } from '@accountry/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf, expectNoSecret, recordingLog, type TestContextOptions, testCredential } from './context.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server[Symbol.asyncDispose]())

const account: Account = { id: 'a1', type: 'com.example', name: 'ana@example.com' }

function authenticator(options: Partial<OAuthAuthenticatorOptions> = {}) {
  return createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: server.clientId,
    tokenTypes: { notes: { scopes: ['notes'] }, identity: { scopes: ['openid'], kind: 'id_token' } },
    ...options,
  })
}

function refresh(
  credential: Partial<Credential> = {},
  options: Partial<OAuthAuthenticatorOptions> = {},
  context: TestContextOptions & { replace?: () => void | Promise<void> } = {},
  authTokenType = 'notes',
) {
  const bound = {
    password: 'secret-rt1',
    issuer: server.issuer,
    clientId: server.clientId,
    subject: 'ana',
    ...credential,
  }
  const stored = testCredential(bound, context)
  const token = authenticator(options).getAuthToken({ account, authTokenType, options: {} }, stored.context)
  return { token, stored }
}

const good = { access_token: 'secret-at', token_type: 'bearer', expires_in: 300, refresh_token: 'secret-rt2' }

describe('renewing a token', () => {
  it('sends the refresh token once and returns the access token', async () => {
    server.script('/token', { body: good })
    const { token, stored } = refresh()
    const issued = await token
    expect(issued).toMatchObject({ value: 'secret-at', scheme: 'Bearer', scopes: ['notes'] })
    expect(issued.expiresAt).toBeLessThanOrEqual(Date.now() + 300_000)
    const [sent, ...more] = server.requestsTo('/token')
    expect(more).toEqual([])
    expect(Object.fromEntries(sent!.body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'secret-rt1',
      scope: 'notes',
      client_id: 'desktop',
    })
    expect(stored.current.password).toBe('secret-rt2')
  })

  it.each([
    ['an access token that no header can carry', { access_token: 'a\r\nb' }, 'ERR_INVALID_RESPONSE'],
    ['no access token', { access_token: undefined }, 'ERR_INVALID_RESPONSE'],
    ['an unknown token type', { token_type: 'mac' }, 'ERR_UNSUPPORTED'],
    ['a malformed ID token', { id_token: 'x.y.z' }, 'ERR_INVALID_RESPONSE'],
    ['a narrower grant', { scope: 'other' }, 'ERR_SCOPE_NOT_GRANTED'],
  ])('keeps the rotated refresh token when the rest of the answer has %s', async (_name, change, code) => {
    server.script('/token', { body: { ...good, ...change } })
    const log = recordingLog()
    const { token, stored } = refresh({}, {}, { log })
    const error = await errorOf(token)
    expect(error.code).toBe(code)
    expect(stored.current.password).toBe('secret-rt2')
    expectNoSecret([error, log.records], ['secret-at', 'secret-rt1', 'secret-rt2'])
  })

  it.each([[''], [null], ['abc'], [-5], ['3600abc'], [[3600]], [true]])(
    'takes expires_in %j as an unknown lifetime',
    async (expiresIn) => {
      server.script('/token', { body: { ...good, expires_in: expiresIn } })
      const { token, stored } = refresh()
      expect((await token).expiresAt).toBeUndefined()
      expect(stored.current.password).toBe('secret-rt2')
    },
  )

  it('keeps the old refresh token when the answer has none', async () => {
    server.script('/token', { body: { ...good, refresh_token: null } })
    const { token, stored } = refresh()
    await token
    expect(stored.updates.filter((update) => 'password' in update)).toEqual([])
    expect(stored.current.password).toBe('secret-rt1')
  })

  it('saves before it validates', async () => {
    server.script('/token', { body: { ...good, id_token: 'x.y.z' } })
    const { token, stored } = refresh()
    expect(await errorOf(token)).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(stored.updates[0]).toMatchObject({ password: 'secret-rt2' })
    expect(stored.current.password).toBe('secret-rt2')
  })

  it('revokes what it received and returns nothing when the account was changed meanwhile (C-19)', async () => {
    server.script('/token', { body: good })
    server.script('/revoke', { body: '' })
    const replace = () => Promise.reject(new AccountError('ERR_ABORTED', 'changed', { reason: 'superseded' }))
    const error = await errorOf(refresh({}, {}, { replace }).token)
    expect(error).toMatchObject({ code: 'ERR_ABORTED', reason: 'superseded' })
    expect(server.requestsTo('/revoke').map(({ body }) => body.get('token'))).toEqual(['secret-rt2'])
  })

  it.each([[{ issuer: 'https://other.example' }], [{ clientId: 'another' }]])(
    'sends nothing and writes nothing for an account of another client %j',
    async (credential) => {
      const { token, stored } = refresh(credential)
      expect(await errorOf(token)).toMatchObject({ code: 'ERR_MISCONFIGURED', reason: 'other-client' })
      expect(server.requests).toEqual([])
      expect(stored.updates).toEqual([])
    },
  )

  it('asks for a sign-in when there is no credential', async () => {
    expect(await errorOf(refresh({ password: undefined }).token)).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'no_credential',
    })
  })

  it('binds an account that was added by hand at its first use, and learns whose it is', async () => {
    const now = Math.floor(Date.now() / 1000)
    const idToken = await server.signIdToken({ email: 'ana@example.com', iat: now })
    server.script('/token', { body: { ...good, refresh_token: undefined, id_token: idToken } })
    const { token, stored } = refresh({ issuer: undefined, clientId: undefined, subject: undefined })
    await token
    expect(stored.current).toMatchObject({ issuer: server.issuer, clientId: 'desktop', subject: 'ana' })
    expect(stored.current.password).toBe('secret-rt1')
  })

  it('does not hand out a token of another person (D-18)', async () => {
    server.script('/token', { body: { ...good, id_token: await server.signIdToken({ sub: 'eve' }) } })
    const { token, stored } = refresh()
    expect(await errorOf(token)).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'identity_changed' })
    expect(stored.current.password).toBe('secret-rt2')
  })

  it('goes on when the keys cannot be fetched, since the token came straight from the server (V-13)', async () => {
    server.script('/jwks', { status: 500 })
    server.script('/token', { body: { ...good, id_token: await server.signIdToken({}) } })
    const log = recordingLog()
    expect((await refresh({}, {}, { log }).token).value).toBe('secret-at')
    expect(log.records.map(({ event }) => event)).toContain('identity_unverified')
  })

  it('hands out the ID token for a type of that kind, with its own end', async () => {
    const exp = Math.floor(Date.now() / 1000) + 120
    const idToken = await server.signIdToken({ exp })
    server.script('/token', { body: { ...good, id_token: idToken } })
    const issued = await refresh({}, {}, {}, 'identity').token
    expect(issued.value).toBe(idToken)
    expect(Math.abs((issued.expiresAt ?? 0) - exp * 1000)).toBeLessThan(10)
  })

  it('does not ask again for scopes that were refused', async () => {
    server.script('/token', { body: good })
    const { token } = refresh({ fields: { refusedScopes: 'notes' } })
    expect(await errorOf(token)).toMatchObject({ code: 'ERR_SCOPE_NOT_GRANTED', challenge: { scopes: ['notes'] } })
    expect(server.requestsTo('/token')).toEqual([])
  })

  it('does not send the credential to a token endpoint on another host (F-10)', async () => {
    const { token } = refresh({ fields: { tokenEndpoint: 'https://before.example/token' } })
    expect(await errorOf(token)).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'endpoint_changed' })
    expect(server.requestsTo('/token')).toEqual([])
  })

  it('does not follow a redirect of the token endpoint (B-01)', async () => {
    const other = await startScriptedServer()
    server.script('/token', { status: 307, headers: { location: `${other.issuer}/token` } })
    expect(await errorOf(refresh().token)).toMatchObject({ code: 'ERR_SERVER', reason: 'redirect' })
    expect(other.requests).toEqual([])
    await other[Symbol.asyncDispose]()
  })

  it('gives up after 1 MiB of answer (B-03)', async () => {
    server.script('/token', { body: `{"access_token":"${'a'.repeat(2 * 1024 * 1024)}"}` })
    expect(await errorOf(refresh().token)).toMatchObject({ code: 'ERR_NETWORK', reason: 'ambiguous' })
  })

  it.each([
    [{ cut: 'before-headers' as const }, 'ambiguous'],
    [{ cut: 'mid-body' as const, body: '{"access_token":"x"' }, 'ambiguous'],
    [{ body: '{"access_token":"x"' }, 'ambiguous'],
    [{ status: 502, body: '<html>bad gateway</html>' }, 'ambiguous'],
  ])('calls %j ambiguous, because the credential may have been used', async (answer, reason) => {
    server.script('/token', answer)
    expect(await errorOf(refresh().token)).toMatchObject({ code: 'ERR_NETWORK', reason })
    expect(server.requestsTo('/token')).toHaveLength(1)
  })

  it('knows that nothing was sent to a server that is not there', async () => {
    const gone = server.issuer
    const metadata = { issuer: gone, token_endpoint: `${gone}/token` }
    await server[Symbol.asyncDispose]()
    const { token } = refresh({}, { metadata })
    expect(await errorOf(token)).toMatchObject({ code: 'ERR_NETWORK', reason: 'offline' })
    server = await startScriptedServer()
  })
})

describe('the end of a token', () => {
  it.each([-600_000, 0, 600_000])(
    'is counted on this machine’s clock, also when it is off by %d ms (K-01, K-02)',
    async (off) => {
      const clock = createFakeClock(Date.now() + off)
      server.script('/token', { body: { ...good, expires_in: 60 } })
      const startedAt = clock.now()
      const issued = await refresh({}, {}, { clock }).token
      expect(issued.expiresAt).toBe(startedAt + 60_000)
    },
  )

  it('is now for a lifetime of nothing, and keeps its value (B-11)', async () => {
    const clock = createFakeClock(Date.now())
    server.script('/token', { body: { ...good, expires_in: 0 } })
    expect(await refresh({}, {}, { clock }).token).toMatchObject({ value: 'secret-at', expiresAt: clock.now() })
  })

  it('is a whole number of milliseconds (B-12)', async () => {
    const clock = createFakeClock(Date.now())
    server.script('/token', { body: { ...good, expires_in: 0.0005 } })
    expect((await refresh({}, {}, { clock }).token).expiresAt).toBe(clock.now())
  })
})

describe('what the server says about itself', () => {
  it('is kept with the account, so that a new process renews while discovery is down (F-09)', async () => {
    server.script('/token', { body: good })
    const first = refresh()
    await first.token
    const { metadata } = first.stored.current.fields
    expect(JSON.parse(metadata!).metadata).toEqual({
      issuer: server.issuer,
      token_endpoint: `${server.issuer}/token`,
      revocation_endpoint: `${server.issuer}/revoke`,
      jwks_uri: `${server.issuer}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
    })
    server.script('/.well-known/openid-configuration', { status: 503 })
    const later = createFakeClock(Date.now() + 10 * 3_600_000)
    const second = refresh({ fields: { metadata: metadata! } }, {}, { clock: later })
    expect((await second.token).value).toBe('secret-at')
  })

  it('is written anew twice a day at most', async () => {
    server.script('/token', { body: { ...good, refresh_token: undefined } })
    const own = authenticator()
    const clock = createFakeClock(Date.now())
    const bound = { password: 'secret-rt1', issuer: server.issuer, clientId: 'desktop', subject: 'ana' }
    const stored = testCredential(bound, { clock })
    for (let hour = 0; hour < 14; hour += 1) {
      await own.getAuthToken({ account, authTokenType: 'notes', options: {} }, stored.context)
      await clock.advance(3_600_000)
    }
    expect(stored.updates).toHaveLength(2)
  })
})
