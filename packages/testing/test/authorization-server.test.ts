import { type AuthorizationServer, createFakeClock, startAuthorizationServer } from '@accountry/testing'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { OAuthClient } from './support/oauth-client.ts'

let server: AuthorizationServer
let client: OAuthClient

beforeAll(async () => {
  server = await startAuthorizationServer()
})

beforeEach(() => {
  client = new OAuthClient(server)
  server.user = 'ana'
  server.consent = 'allow'
  server.clearRequests()
})

afterAll(async () => {
  await server.close()
})

async function started(...options: Parameters<typeof startAuthorizationServer>): Promise<AuthorizationServer> {
  const other = await startAuthorizationServer(...options)
  onTestFinished(() => other.close())
  return other
}

describe('signing in', () => {
  test('ends at the redirect URI with a code that buys tokens for the scripted person', async () => {
    server.user = 'ben'
    const callback = await server.signIn(client.authorizationUrl())
    expect(callback.origin).toBe('http://127.0.0.1:50123')
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({ state: 'state-1', iss: server.issuer })

    const { status, body } = await client.redeem(callback)
    expect(status).toBe(200)
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, refresh_token: expect.any(String) })
    expect(String(body['scope']).split(' ').sort()).toEqual(['email', 'openid', 'profile', 'tasks.read'])
    expect(decodeJwt(String(body['id_token']))).toMatchObject({
      iss: server.issuer,
      sub: 'ben',
      email: 'ben@example.com',
      preferred_username: 'ben',
      name: 'Ben',
    })
  })

  test('gives an access token that verifies against the published keys', async () => {
    const { body } = await client.redeem(await server.signIn(client.authorizationUrl()))
    const keys = createRemoteJWKSet(new URL('/jwks', server.issuer))
    const { payload } = await jwtVerify(String(body['access_token']), keys, {
      issuer: server.issuer,
      audience: `${server.issuer}/api`,
    })
    expect(payload).toMatchObject({ sub: 'ana', scope: 'openid email profile tasks.read' })
  })

  test('accepts any port and path of a loopback address, and nothing else', async () => {
    for (const redirect of ['http://127.0.0.1:1/a/b', 'http://localhost:65000/', 'http://[::1]:4711/callback']) {
      const callback = await server.signIn(client.authorizationUrl({ redirect_uri: redirect }))
      expect(callback.href.startsWith(redirect)).toBe(true)
    }
    const elsewhere = client.authorizationUrl({ redirect_uri: 'http://evil.example/callback' })
    await expect(server.signIn(elsewhere)).rejects.toThrow(/400 .*invalid_redirect_uri/)
  })

  test('says access_denied when the person says no, and the next one may still say yes', async () => {
    server.consent = 'deny'
    const refused = await server.signIn(client.authorizationUrl(), 'ben')
    expect(refused.searchParams.get('error')).toBe('access_denied')
    server.consent = 'allow'
    const allowed = await server.signIn(client.authorizationUrl(), 'ben')
    expect(allowed.searchParams.get('code')).toBeTypeOf('string')
  })

  test('is refused to people whom the server does not know, who are told so', async () => {
    await expect(server.signIn(client.authorizationUrl(), 'nobody')).rejects.toThrow('there is no user "nobody"')
  })

  test('is one request to the authorization endpoint', async () => {
    await server.signIn(client.authorizationUrl({ scope: 'openid' }))
    expect(server.requestsTo('authorization')).toMatchObject([{ method: 'GET', params: { scope: 'openid' } }])
  })

  test('needs PKCE from the native client', async () => {
    const callback = await server.signIn(client.authorizationUrl({ code_challenge: '', code_challenge_method: '' }))
    expect(callback.searchParams.get('error')).toBe('invalid_request')
  })

  test('happens by itself in the scripted browser, which brings the answer to the app', async () => {
    const { createServer } = await import('node:http')
    const visited = Promise.withResolvers<URL>()
    const app = createServer((request, response) => {
      visited.resolve(new URL(request.url ?? '', `http://${request.headers.host}`))
      response.end('done')
    })
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void app.close())
    const { port } = app.address() as { port: number }
    const url = client.authorizationUrl({ redirect_uri: `http://127.0.0.1:${port}/cb` })

    await server.browser('ben').openBrowser?.({ url, signal: new AbortController().signal })

    const callback = await visited.promise
    expect(callback.host).toBe(`127.0.0.1:${port}`)
    const { body } = await client.redeem(callback, { redirect_uri: `http://127.0.0.1:${port}/cb` })
    expect(decodeJwt(String(body['id_token']))).toMatchObject({ sub: 'ben' })
  })

  test('shows claims that a test adds to its people', async () => {
    const other = await started({ users: { cleo: { claims: { tid: 'contoso', email: 'cleo@contoso.com' } } } })
    const cleo = new OAuthClient(other)
    const { body } = await cleo.redeem(await other.signIn(cleo.authorizationUrl()))
    expect(decodeJwt(String(body['id_token']))).toMatchObject({
      sub: 'cleo',
      tid: 'contoso',
      email: 'cleo@contoso.com',
    })
  })

  test('answers userinfo for the token that it issued', async () => {
    const { body } = await client.redeem(await server.signIn(client.authorizationUrl({ scope: 'openid email' })))
    const ask = async (token: unknown): Promise<Response> =>
      await fetch(`${server.issuer}/me`, { headers: { authorization: `Bearer ${token}` } })
    expect(await (await ask(body['access_token'])).json()).toEqual({
      sub: 'ana',
      email: 'ana@example.com',
      email_verified: true,
    })
    expect((await ask(`${body['access_token']}x`)).status).toBe(401)
  })
})

describe('refresh tokens', () => {
  test('rotate: each use gives another one', async () => {
    const first = await server.mintRefreshToken({ scopes: ['tasks.read'] })
    const { body } = await client.refresh(first)
    expect(body).toMatchObject({ access_token: expect.any(String), refresh_token: expect.any(String) })
    expect(body['refresh_token']).not.toBe(first)
    expect(await server.isRefreshTokenAlive(first)).toBe(false)
    expect(await server.isRefreshTokenAlive(String(body['refresh_token']))).toBe(true)
  })

  test('die with the whole grant when one is used again', async () => {
    const first = await server.mintRefreshToken()
    const { body } = await client.refresh(first)
    const again = await client.refresh(first)
    expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await server.isRefreshTokenAlive(String(body['refresh_token']))).toBe(false)
    expect(await client.refresh(body['refresh_token'])).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('die as well when several uses come at once', async () => {
    const first = await server.mintRefreshToken()
    const answers = await Promise.all(Array.from({ length: 4 }, () => client.refresh(first)))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    expect(await server.isRefreshTokenAlive(String(winners[0]?.body['refresh_token']))).toBe(false)
    expect(server.inFlight.max).toBeGreaterThan(1)
    expect(server.inFlight.now).toBe(0)
  })

  test('work again within the time of grace, and not after it', async () => {
    const clock = createFakeClock()
    const other = await started({ rotation: 'grace', graceMs: 5_000, clock })
    const lenient = new OAuthClient(other)
    const first = await other.mintRefreshToken()
    expect(await lenient.refresh(first)).toMatchObject({ status: 200 })
    clock.jump(4_999)
    expect(await other.isRefreshTokenAlive(first)).toBe(true)
    const repeated = await lenient.refresh(first)
    expect(repeated).toMatchObject({ status: 200 })
    clock.jump(1)
    expect(await other.isRefreshTokenAlive(first)).toBe(false)
    expect(await lenient.refresh(first)).toMatchObject({ status: 400 })
    expect(await other.isRefreshTokenAlive(String(repeated.body['refresh_token']))).toBe(false)
  })

  test('stay the same without rotation', async () => {
    const other = await started({ rotation: 'none' })
    const first = await other.mintRefreshToken()
    const { body } = await new OAuthClient(other).refresh(first)
    expect(body['refresh_token']).toBe(first)
    expect(await other.isRefreshTokenAlive(first)).toBe(true)
  })

  test('are not issued by a service that has none', async () => {
    const other = await started({ refreshTokens: false })
    const user = new OAuthClient(other)
    const { body } = await user.redeem(await other.signIn(user.authorizationUrl({ scope: 'openid offline_access' })))
    expect(body).toMatchObject({ access_token: expect.any(String) })
    expect(body).not.toHaveProperty('refresh_token')
  })

  test('die when the grant is revoked or the token is revoked by its client', async () => {
    const one = await server.mintRefreshToken()
    await server.revokeGrant(one)
    expect(await client.refresh(one)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })

    const other = await server.mintRefreshToken()
    expect(await client.post('/token/revocation', { token: other })).toMatchObject({ status: 200 })
    expect(await server.isRefreshTokenAlive(other)).toBe(false)
    expect(server.requestsTo('revocation')).toHaveLength(1)
  })

  test('can be asked about without a request and without a change', async () => {
    const token = await server.mintRefreshToken()
    server.clearRequests()
    expect(await server.isRefreshTokenAlive(token)).toBe(true)
    expect(await server.isRefreshTokenAlive('never issued')).toBe(false)
    expect(server.requests).toHaveLength(0)
    expect(await client.refresh(token)).toMatchObject({ status: 200 })
  })
})

describe('with a clock of its own', () => {
  test('tokens carry its times and end by it', async () => {
    const clock = createFakeClock(Date.UTC(2031, 4, 5))
    const other = await started({ clock, accessTokenLifetimeS: 60, refreshTokenLifetimeS: 3_600 })
    const user = new OAuthClient(other)
    const { body } = await user.redeem(await other.signIn(user.authorizationUrl()))
    const nowS = clock.now() / 1_000
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ iat: nowS, exp: nowS + 60 })
    expect(decodeJwt(String(body['id_token']))).toMatchObject({ iat: nowS, exp: nowS + 3_600 })
    const keys = createRemoteJWKSet(new URL('/jwks', other.issuer))
    const verify = jwtVerify(String(body['id_token']), keys, { currentDate: new Date(clock.now()) })
    await expect(verify).resolves.toBeDefined()

    clock.jump(3_599_000)
    expect(await other.isRefreshTokenAlive(String(body['refresh_token']))).toBe(true)
    const { body: next } = await user.refresh(body['refresh_token'])
    clock.jump(3_600_000)
    expect(await other.isRefreshTokenAlive(String(next['refresh_token']))).toBe(false)
    expect(await user.refresh(next['refresh_token'])).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('faults delay by it', async () => {
    const clock = createFakeClock()
    const other = await started({ clock })
    other.faults.next('token', { delayMs: 30_000 })
    const answer = new OAuthClient(other).refresh(await other.mintRefreshToken())
    await vi.waitFor(() => expect(clock.nextTimerMs).toBe(30_000))
    expect(other.inFlight.now).toBe(1)
    await clock.advance(30_000)
    expect(await answer).toMatchObject({ status: 200 })
    expect(other.requests[0]).toMatchObject({ at: clock.now() - 30_000, finishedAt: clock.now(), status: 200 })
  })
})
