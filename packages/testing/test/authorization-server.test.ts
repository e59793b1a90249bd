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

describe('other grants', () => {
  test('a device code is pending until the person allows it', async () => {
    const { body: device } = await client.post('/device/auth', { scope: 'openid tasks.read' })
    const poll = (): ReturnType<OAuthClient['token']> =>
      client.token({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: String(device['device_code']),
      })
    expect(await poll()).toMatchObject({ status: 400, body: { error: 'authorization_pending' } })
    await server.approveDevice(String(device['user_code']), 'ben')
    const { status, body } = await poll()
    expect({ status, scope: body['scope'] }).toEqual({ status: 200, scope: 'openid tasks.read' })
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ sub: 'ben', aud: server.audience })
    expect(await server.isRefreshTokenAlive(String(body['refresh_token']))).toBe(true)
    expect(server.requestsTo('device')).toHaveLength(1)
  })

  test('a device code that the person refuses is access_denied', async () => {
    const { body: device } = await client.post('/device/auth', { scope: 'openid' })
    await server.denyDevice(String(device['user_code']))
    const answer = await client.token({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(device['device_code']),
    })
    expect(answer).toMatchObject({ status: 400, body: { error: 'access_denied' } })
    await expect(server.denyDevice('none')).rejects.toThrow(TypeError)
  })

  test('client credentials buy a token for the confidential client, and for no other secret', async () => {
    const { clientId, clientSecret } = server.confidentialClient
    const ask = (secret: string): ReturnType<OAuthClient['token']> =>
      client.token(
        { grant_type: 'client_credentials', scope: 'api', client_id: clientId },
        { headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` } },
      )
    const { status, body } = await ask(clientSecret)
    expect(status).toBe(200)
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ client_id: clientId, scope: 'api' })
    expect(await ask('wrong')).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  test('a token is exchanged for one with fewer scopes, never for more', async () => {
    const { body } = await client.refresh(await server.mintRefreshToken({ scopes: ['tasks.read', 'api'] }))
    const exchange = (params: Record<string, string>): ReturnType<OAuthClient['token']> =>
      client.token({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: String(body['access_token']),
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        ...params,
      })
    const fewer = await exchange({ scope: 'api', audience: 'https://other.example/' })
    expect(fewer.body).toMatchObject({
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'api',
    })
    expect(decodeJwt(String(fewer.body['access_token']))).toMatchObject({
      sub: 'ana',
      aud: 'https://other.example/',
      scope: 'api',
    })
    expect(await exchange({ scope: 'tasks.write' })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    expect(await exchange({ subject_token: 'forged.token.value' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
  })

  test('a pushed authorization request stands for its parameters', async () => {
    const pushed = await client.post('/request', Object.fromEntries(client.authorizationUrl().searchParams))
    expect(pushed.status).toBe(201)
    const url = new URL('/auth', server.issuer)
    url.searchParams.set('client_id', server.clientId)
    url.searchParams.set('request_uri', String(pushed.body['request_uri']))
    expect(await client.redeem(await server.signIn(url))).toMatchObject({ status: 200 })
    expect(server.requestsTo('par')).toHaveLength(1)
  })
})

describe('resources and features', () => {
  test('known resources have their own scopes and token formats, others are invalid_target', async () => {
    const other = await started({
      resources: {
        'https://mail.example/': { scope: 'mail.read' },
        'https://files.example/': { scope: 'files.read', accessTokenFormat: 'opaque' },
      },
    })
    const user = new OAuthClient(other)
    const tokenFor = async (resource: string, scope: string): Promise<string> => {
      const callback = await other.signIn(user.authorizationUrl({ resource, scope: `openid ${scope}` }))
      const { body } = await user.redeem(callback, { resource })
      return String(body['access_token'])
    }
    const mail = await tokenFor('https://mail.example/', 'mail.read')
    expect(decodeJwt(mail)).toMatchObject({ aud: 'https://mail.example/', scope: 'openid mail.read' })
    const files = await tokenFor('https://files.example/', 'files.read')
    expect(files.split('.')).toHaveLength(1)
    const introspected = await user.post('/token/introspection', { token: files })
    expect(introspected.body).toMatchObject({ active: true, sub: 'ana', aud: 'https://files.example/' })
    const unknown = await other.signIn(user.authorizationUrl({ resource: 'https://unknown.example/' }))
    expect(unknown.searchParams.get('error')).toBe('invalid_target')
  })

  test('what is switched off is neither announced nor there', async () => {
    const other = await started({
      features: {
        dpop: false,
        par: false,
        deviceFlow: false,
        clientCredentials: false,
        tokenExchange: false,
        revocation: false,
        introspection: false,
        userinfo: false,
        endSession: false,
      },
    })
    const metadata = await (await fetch(`${other.issuer}/.well-known/openid-configuration`)).json()
    expect(metadata).toMatchObject({ grant_types_supported: ['authorization_code', 'refresh_token'] })
    for (const name of [
      'revocation_endpoint',
      'introspection_endpoint',
      'userinfo_endpoint',
      'device_authorization_endpoint',
      'pushed_authorization_request_endpoint',
      'end_session_endpoint',
      'dpop_signing_alg_values_supported',
    ]) {
      expect(metadata, name).not.toHaveProperty(name)
    }
    expect((await fetch(`${other.issuer}/token/revocation`, { method: 'POST' })).status).toBe(404)
  })

  test('without resource indicators access tokens are opaque', async () => {
    const other = await started({ features: { resourceIndicators: false } })
    const { status, body } = await new OAuthClient(other).refresh(await other.mintRefreshToken())
    expect(status).toBe(200)
    expect(String(body['access_token']).split('.')).toHaveLength(1)
  })

  test('a server that wants DPoP nonces says which', async () => {
    const other = await started({ features: { dpop: 'nonce' } })
    const { SignJWT, exportJWK, generateKeyPair } = await import('jose')
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const proof = (nonce?: string): Promise<string> =>
      new SignJWT({ htm: 'POST', htu: `${other.issuer}/token`, jti: crypto.randomUUID(), ...(nonce && { nonce }) })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: other.clientId,
      refresh_token: await other.mintRefreshToken(),
    })
    const post = async (nonce?: string): Promise<Response> =>
      await fetch(`${other.issuer}/token`, { method: 'POST', body, headers: { dpop: await proof(nonce) } })
    const refused = await post()
    expect(await refused.json()).toMatchObject({ error: 'use_dpop_nonce' })
    const accepted = await post(refused.headers.get('dpop-nonce') ?? '')
    expect(await accepted.json()).toMatchObject({ token_type: 'DPoP' })
  })
})

describe('several servers in one process', () => {
  test('share nothing', async () => {
    const other = await started()
    const token = await server.mintRefreshToken()
    expect(await other.isRefreshTokenAlive(token)).toBe(false)
    expect(await new OAuthClient(other).refresh(token)).toMatchObject({ status: 400 })
    expect(server.requests).toHaveLength(0)
  })

  test('say nothing on the console, also when they refuse', async () => {
    const methods = ['log', 'info', 'warn', 'error'] as const
    const spies = methods.map((method) => vi.spyOn(console, method))
    onTestFinished(() => void vi.restoreAllMocks())
    const other = await started()
    const user = new OAuthClient(other)
    await user.redeem(await other.signIn(user.authorizationUrl()))
    await fetch(`${other.issuer}/auth?client_id=unknown`)
    await fetch(`${other.issuer}/device`)
    await fetch(`${other.issuer}/session/end`)
    await fetch(`${other.issuer}/token`, { method: 'POST', headers: { origin: 'https://evil.example' } })
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })
})
