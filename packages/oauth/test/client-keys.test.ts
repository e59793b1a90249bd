import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { createFakeClock, startAuthorizationServer } from '@accountry/testing'
import { decodeJwt, decodeProtectedHeader, exportJWK, exportPKCS8, generateKeyPair, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf, expectNoSecret, testContext, testCredential } from './context.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
  server.script('/token', { body: { access_token: 'at', token_type: 'Bearer', expires_in: 60, scope: 'notes' } })
})
afterEach(() => server[Symbol.asyncDispose]())

const keys = await generateKeyPair('RS256', { extractable: true })
const pem = await exportPKCS8(keys.privateKey)
const jwk = await exportJWK(keys.privateKey)
const account = { id: 'a1', type: 'com.example', name: 'robot' }
const request = { requiredFeatures: [], options: {} }

function authenticator(options: Partial<OAuthAuthenticatorOptions>) {
  return createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: 'desktop',
    tokenTypes: { notes: { scopes: ['notes'] } },
    ...options,
  })
}

describe('a client with a key of its own (RFC 7523 §2.2)', () => {
  it.each([
    ['PEM', { privateKey: pem, keyId: 'k1' }],
    ['a JWK', { privateKey: jwk as Record<string, unknown>, keyId: 'k1' }],
  ])('proves itself with %s, to the issuer alone and for a minute (E-43)', async (_name, clientKey) => {
    const own = authenticator({ clientKey, flow: 'client-credentials' })
    await own.addAccount(request, testContext())
    const sent = server.requestsTo('/token')[0]!.body
    expect(sent.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const { payload, protectedHeader } = await jwtVerify(sent.get('client_assertion')!, keys.publicKey)
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: 'k1' })
    expect(payload).toMatchObject({ aud: server.issuer, iss: 'desktop', sub: 'desktop', jti: expect.any(String) })
    expect(payload.exp! - payload.iat!).toBeLessThanOrEqual(60)
  })

  it('says that the developer has to act when the key is none, and does not show it', async () => {
    const privateKey = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END PRIVATE KEY-----'
    const own = authenticator({ clientKey: { privateKey }, flow: 'client-credentials' })
    const error = await errorOf(own.addAccount(request, testContext()))
    expect(error.code).toBe('ERR_MISCONFIGURED')
    expectNoSecret(error, ['c2VjcmV0LWtleQ'])
    expect(server.requestsTo('/token')).toEqual([])
  })

  it('writes the time of the server into what it signs, when this machine is wrong', async () => {
    const clock = createFakeClock(Date.now() - 3_600_000)
    const own = authenticator({ clientKey: { privateKey: pem }, flow: 'client-credentials' })
    await own.addAccount(request, testContext({ clock }))
    const { context } = testCredential({}, { clock })
    await own.getAuthToken({ account, authTokenType: 'notes', options: {} }, context)
    const { iat } = decodeJwt(server.requestsTo('/token')[1]!.body.get('client_assertion')!)
    expect(Math.abs(iat! - Date.now() / 1000)).toBeLessThan(10)
  })
})

describe('a statement in the place of a person (RFC 7523 §2.1)', () => {
  const jwtBearer = { privateKey: pem, issuer: 'robot@example.com', keyId: 'k1' }

  it('is signed for each token', async () => {
    const own = authenticator({ flow: 'jwt-bearer', jwtBearer })
    const created = await own.addAccount(request, testContext())
    expect(created).toMatchObject({ name: 'robot@example.com', subject: 'robot@example.com' })
    expect(created.password).toBeUndefined()
    const { context } = testCredential({ issuer: server.issuer, clientId: 'desktop' })
    expect((await own.getAuthToken({ account, authTokenType: 'notes', options: {} }, context)).value).toBe('at')
    const assertions = server.requestsTo('/token').map(({ body }) => body.get('assertion')!)
    expect(new Set(assertions).size).toBe(2)
    expect(decodeProtectedHeader(assertions[0]!)).toMatchObject({ alg: 'RS256', kid: 'k1' })
    const { payload } = await jwtVerify(assertions[0]!, keys.publicKey)
    expect(payload).toMatchObject({ aud: server.issuer, sub: 'robot@example.com' })
  })

  it('carries the scopes itself where the service wants it so (Google)', async () => {
    const own = authenticator({
      flow: 'jwt-bearer',
      jwtBearer: {
        ...jwtBearer,
        audience: 'https://oauth2.example/token',
        subject: 'ana@example.com',
        scopeClaim: true,
      },
    })
    await own.addAccount(request, testContext())
    const sent = server.requestsTo('/token')[0]!.body
    expect(sent.has('scope')).toBe(false)
    expect(decodeJwt(sent.get('assertion')!)).toMatchObject({
      scope: 'notes',
      aud: 'https://oauth2.example/token',
      sub: 'ana@example.com',
    })
  })

  it('asks nobody to sign in when it is refused, because nobody can', async () => {
    server.script('/token', { status: 400, body: { error: 'invalid_grant' } })
    const own = authenticator({ flow: 'jwt-bearer', jwtBearer })
    expect((await errorOf(own.addAccount(request, testContext()))).code).toBe('ERR_MISCONFIGURED')
  })
})

describe('a client that acts for itself with a key for proofs', () => {
  it('presents its tokens with the key that they are bound to', async () => {
    const own = authenticator({ flow: 'client-credentials', clientSecret: 's', dpop: 'require' })
    server.script('/token', { body: { access_token: 'at', token_type: 'DPoP', scope: 'notes' } })
    const created = await own.addAccount(request, testContext())
    const stored = testCredential({ ...created, fields: created.fields ?? {} } as never)
    await own.getAuthToken({ account, authTokenType: 'notes', options: {} }, stored.context)
    const proofs = server.requestsTo('/token').map(({ headers }) => decodeProtectedHeader(String(headers['dpop'])).jwk)
    expect(proofs[0]).toEqual(proofs[1])
    expect(stored.current.fields['dpopKey']).toBe(created.fields?.['dpopKey'])
  })

  it('is told when the server has no token endpoint', async () => {
    const metadata = { issuer: server.issuer }
    const own = authenticator({ flow: 'client-credentials', clientSecret: 's', metadata })
    expect((await errorOf(own.addAccount(request, testContext()))).code).toBe('ERR_MISCONFIGURED')
  })
})

describe('a proof of possession from a machine with a wrong clock', () => {
  it.each([-900_000, 900_000])('off by %d ms is made anew with the time of the server (K-04)', async (off) => {
    const real = await startAuthorizationServer()
    const clock = createFakeClock(Date.now() + off)
    const own = createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer: real.issuer,
      clientId: real.clientId,
      dpop: 'require',
      tokenTypes: { api: { scopes: ['api'] } },
    })
    const stored = testCredential({ password: await real.mintRefreshToken() }, { clock })
    const token = await own.getAuthToken({ account, authTokenType: 'api', options: {} }, stored.context)
    expect(token.scheme).toBe('DPoP')
    expect(real.requestsTo('token')).toHaveLength(2)
    await real.close()
  })
})
