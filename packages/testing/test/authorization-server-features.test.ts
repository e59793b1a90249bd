import { type AuthorizationServer, startAuthorizationServer } from '@accountry/testing'
import { decodeJwt } from 'jose'
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
