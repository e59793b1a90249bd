import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { createFakeClock } from '@accountry/testing'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accessTokenHash, type ExpectedClaims, findClaimFault } from '../src/id-token-claims.ts'
import { isResponseIssuer, isTokenIssuer } from '../src/issuer.ts'
import { errorOf, recordingLog, type TestContextOptions, testContext, testCredential } from './context.ts'
import { obedientBrowser, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

const NOW = Date.UTC(2026, 10, 24, 12)
const seconds = NOW / 1000
const good = { iss: 'https://as.example', sub: 'ana', aud: 'app', exp: seconds + 300, iat: seconds - 1, nonce: 'n' }
const expected: ExpectedClaims = {
  issuer: 'https://as.example',
  clientId: 'app',
  now: NOW,
  toleranceMs: 60_000,
  alg: 'RS256',
  nonce: 'n',
}

describe('the claims of an ID token at a sign-in', () => {
  it('are accepted when they are right', () => {
    expect(findClaimFault(good, expected)).toBeUndefined()
    expect(findClaimFault({ ...good, aud: ['app'], azp: 'app', nbf: seconds }, expected)).toBeUndefined()
  })

  it.each<[string, object, string]>([
    ['another issuer (D-04)', { iss: 'https://other.example' }, 'iss'],
    ['the issuer with a slash (D-04)', { iss: 'https://as.example/' }, 'iss'],
    ['no subject (D-11)', { sub: undefined }, 'sub'],
    ['an empty subject (D-11)', { sub: '' }, 'sub'],
    ['a subject that is no text (D-11)', { sub: 7 }, 'sub'],
    ['a subject of a megabyte (D-11)', { sub: 'x'.repeat(1_000_000) }, 'sub'],
    ['a subject outside ASCII', { sub: 'aná' }, 'sub'],
    ['another audience (D-05)', { aud: 'other' }, 'aud'],
    ['a second audience (D-05)', { aud: ['app', 'other'] }, 'aud'],
    ['no audience', { aud: [] }, 'aud'],
    ['a foreign azp (D-05)', { azp: 'other' }, 'azp'],
    ['no end', { exp: undefined }, 'exp'],
    ['an end that is text', { exp: '9999999999' }, 'exp'],
    ['an end in the past', { exp: seconds - 61 }, 'exp'],
    ['no beginning (D-07)', { iat: undefined }, 'iat'],
    ['a beginning in the future (D-07)', { iat: seconds + 86_400 }, 'iat'],
    ['a beginning long ago', { iat: seconds - 3600 }, 'iat'],
    ['a time before which it is not good', { nbf: seconds + 3600 }, 'nbf'],
    ['no nonce (D-08)', { nonce: undefined }, 'nonce'],
    ['another nonce (D-09)', { nonce: 'm' }, 'nonce'],
  ])('are refused for %s', (_name, change, claim) => {
    expect(findClaimFault({ ...good, ...change }, expected)).toMatchObject({ claim })
  })

  it('tolerate what the clocks may be off, and no more', () => {
    expect(findClaimFault({ ...good, exp: seconds - 59 }, expected)).toBeUndefined()
    expect(findClaimFault({ ...good, iat: seconds + 59 }, expected)).toBeUndefined()
    expect(findClaimFault({ ...good, iat: seconds + 61 }, expected)).toMatchObject({ kind: 'time' })
  })

  it('bind the access token by its hash when they name one (V-10)', () => {
    const accessToken = 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y'
    // The example of OpenID Connect Core, appendix A.3 and A.4.
    expect(accessTokenHash(accessToken, 'RS256')).toBe('77QmUPtjPfzWtF2AnpK9RQ')
    const hashed = { ...good, at_hash: '77QmUPtjPfzWtF2AnpK9RQ' }
    expect(findClaimFault(hashed, { ...expected, accessToken })).toBeUndefined()
    expect(findClaimFault(hashed, { ...expected, accessToken: 'other' })).toMatchObject({ claim: 'at_hash' })
  })

  it('say when the person signed in, if that was asked for (D-25)', () => {
    const recent = { ...expected, maxAgeS: 300 }
    expect(findClaimFault({ ...good, auth_time: seconds - 200 }, recent)).toBeUndefined()
    expect(findClaimFault({ ...good, auth_time: seconds - 500 }, recent)).toMatchObject({ claim: 'auth_time' })
    expect(findClaimFault(good, recent)).toMatchObject({ claim: 'auth_time' })
    expect(findClaimFault({ ...good, acr: 'weak' }, { ...expected, acrValues: ['strong'] })).toMatchObject({
      claim: 'acr',
    })
  })
})

describe('the claims of an ID token at a refresh', () => {
  const previous = { subject: 'ana', nonce: 'n', authTime: 5 }
  const again: ExpectedClaims = { ...expected, nonce: undefined, previous }

  it.each<[string, object, string | undefined]>([
    ['the same nonce', {}, undefined],
    ['no nonce', { nonce: undefined }, undefined],
    ['another nonce', { nonce: 'm' }, 'nonce'],
    ['the same auth_time', { auth_time: 5 }, undefined],
    ['another auth_time', { auth_time: 6 }, 'auth_time'],
    ['an old beginning', { iat: seconds - 3600 }, undefined],
    ['another person (D-18)', { sub: 'eve' }, 'sub'],
  ])('with %s', (_name, change, claim) => {
    const fault = findClaimFault({ ...good, ...change }, again)
    if (claim === undefined) expect(fault).toBeUndefined()
    else expect(fault).toMatchObject({ claim })
  })

  it.each<[string, object]>([
    ['person', { sub: 'eve' }],
    ['person that has no name', { sub: '' }],
    ['issuer', { iss: 'https://evil.example' }],
    ['client', { aud: 'another' }],
    ['client beside this one', { aud: ['desktop', 'another'] }],
    ['authorised client', { azp: 'another' }],
    ['time of signing in', { auth_time: 6 }],
  ])('that name another %s are not of this account (V-12)', (_what, change) => {
    expect(findClaimFault({ ...good, ...change }, again)).toMatchObject({ kind: 'identity' })
    // While nobody knows whose account it is, they only cannot be believed.
    const unknown = { ...again, previous: { ...previous, subject: undefined } }
    expect(findClaimFault({ ...good, ...change }, unknown)?.kind).not.toBe('identity')
  })

  it('tell another person from everything else', () => {
    expect(findClaimFault({ ...good, nonce: 'm' }, again)).toMatchObject({ kind: 'invalid' })
    expect(findClaimFault({ ...good, exp: 0 }, again)).toMatchObject({ kind: 'time' })
    expect(findClaimFault(good, { ...again, previous: { ...previous, issuer: 'https://t1.example' } })).toMatchObject({
      kind: 'identity',
    })
  })
})

describe('an issuer with tenants', () => {
  const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
  const issuer = {
    issuer: 'https://login.example/common/v2.0',
    issuerTemplate: 'https://login.example/{tenantid}/v2.0',
  }

  it('is the one of the tenant that the claim names (D-23)', () => {
    expect(isTokenIssuer(`https://login.example/${tenant}/v2.0`, tenant, issuer)).toBe(true)
    expect(isTokenIssuer(`https://login.example/${tenant}/v2.0`, tenant.replace('9', '8'), issuer)).toBe(false)
    expect(isTokenIssuer('https://login.example/evil/v2.0', 'evil', issuer)).toBe(false)
    expect(isTokenIssuer(issuer.issuer, undefined, issuer)).toBe(false)
    expect(isTokenIssuer(issuer.issuerTemplate, '{tenantid}', issuer)).toBe(false)
  })

  it('may name itself or a tenant in an authorization response', () => {
    expect(isResponseIssuer(issuer.issuer, issuer)).toBe(true)
    expect(isResponseIssuer(`https://login.example/${tenant}/v2.0`, issuer)).toBe(true)
    expect(isResponseIssuer(`https://login.example/${tenant}/v2.0/x`, issuer)).toBe(false)
    expect(isResponseIssuer('https://login.example/x/v2.0', issuer)).toBe(false)
  })
})

describe('the signature of an ID token', () => {
  let server: ScriptedServer
  beforeEach(async () => {
    server = await startScriptedServer()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  function authenticator(options: Partial<OAuthAuthenticatorOptions> = {}) {
    return createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer: server.issuer,
      clientId: 'desktop',
      ...options,
    })
  }

  /** A sign-in whose token response holds the ID token that `make` makes for the nonce. */
  function signIn(
    make: (claims: JWTPayload) => string | Promise<string>,
    options: Partial<OAuthAuthenticatorOptions> = {},
    context: TestContextOptions = {},
    headers: Record<string, string> = {},
  ) {
    const browser = obedientBrowser(server)
    const openBrowser = async (opened: { url: URL }): Promise<void> => {
      const iat = Math.floor((context.clock?.now() ?? Date.now()) / 1000)
      const nonce = opened.url.searchParams.get('nonce')
      const claims = { iss: server.issuer, aud: 'desktop', sub: 'ana', email: 'a@b.c', nonce, iat, exp: iat + 300 }
      const body = { access_token: 'at', token_type: 'Bearer', refresh_token: 'rt', id_token: await make(claims) }
      server.script('/token', { body, headers })
      await browser.openBrowser(opened)
    }
    const interaction = { openBrowser }
    return authenticator(options).addAccount(
      { requiredFeatures: [], options: {} },
      testContext({ ...context, interaction }),
    )
  }

  it('is accepted with a key of the server', async () => {
    expect((await signIn((claims) => server.signIdToken(claims))).subject).toBe('ana')
  })

  it.each<[string, (claims: JWTPayload) => string | Promise<string>]>([
    ['alg none (D-01)', (claims) => new UnsecuredJWT(claims).encode()],
    ['an algorithm that was not agreed (D-03)', async (claims) => sign(claims, 'PS256')],
    [
      'a shared secret that is the client id (D-02)',
      (claims) =>
        new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('desktop'.repeat(8))),
    ],
    ['a key of its own in the header (D-12)', async (claims) => sign(claims, 'ES256', 'embedded')],
    ['a key id that the server does not know', (claims) => server.signIdToken(claims, { kid: 'other' })],
    ['the type of an access token (V-15)', (claims) => server.signIdToken(claims, { typ: 'at+jwt' })],
    ['the type of a proof (V-15)', (claims) => server.signIdToken(claims, { typ: 'dpop+jwt' })],
    [
      'changed claims',
      async (claims) => {
        const [head, , tail] = (await server.signIdToken(claims)).split('.')
        return `${head}.${Buffer.from(JSON.stringify({ ...claims, sub: 'eve' })).toString('base64url')}.${tail}`
      },
    ],
    ['two parts', () => 'a.b'],
    ['a header that is no JSON', () => 'a.b.c'],
    ['more than 64 KB', (claims) => server.signIdToken({ ...claims, more: 'x'.repeat(70_000) })],
  ])('is refused for %s', async (_name, make) => {
    expect((await errorOf(signIn(make))).code).toBe('ERR_INVALID_RESPONSE')
  })

  it('is not expected under an encryption (V-16)', async () => {
    expect((await errorOf(signIn(() => 'a.b.c.d.e'))).code).toBe('ERR_UNSUPPORTED')
  })

  it('may be by the client secret only where the app says so', async () => {
    const clientSecret = 'a-secret-of-at-least-thirty-two-bytes'
    const byParty = (claims: JWTPayload) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(clientSecret))
    expect((await errorOf(signIn(byParty, { clientSecret }))).code).toBe('ERR_INVALID_RESPONSE')
    const allowed = { clientSecret, idTokenAlgorithms: ['HS256'] }
    expect((await signIn(byParty, allowed)).subject).toBe('ana')
  })

  it('is found among several keys when it names none (D-21)', async () => {
    const keys = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')])
    const jwks = await Promise.all(keys.map(async ({ publicKey }) => exportJWK(publicKey)))
    server.script('/jwks', { body: { keys: jwks } })
    const byLast = (claims: JWTPayload) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(keys[1]!.privateKey)
    expect((await signIn(byLast)).subject).toBe('ana')
  })

  it('is found beside keys of other curves and damaged ones', async () => {
    const [own, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES384')])
    const [right, longer] = await Promise.all([exportJWK(own.publicKey), exportJWK(other.publicKey)])
    const damaged = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }
    const short = { kty: 'RSA', n: 'AQAB', e: 'AQAB' }
    server.script('/jwks', { body: { keys: [...Array(20).fill(longer), null, 7, short, damaged, right] } })
    const byOwn = (claims: JWTPayload) => new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(own.privateKey)
    expect((await signIn(byOwn)).subject).toBe('ana')
  })

  it.each([
    ['an error', { status: 500 }],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example' } }],
    ['a page', { body: '<html></html>' }],
    ['too much', { body: `{"keys":[],"more":"${'x'.repeat(600_000)}"}` }],
    ['no keys', { body: { keys: 7 } }],
  ])('cannot be checked at a sign-in when the key set is %s (D-17)', async (_name, answer) => {
    server.script('/jwks', answer)
    const error = await errorOf(signIn((claims) => server.signIdToken(claims)))
    expect(error).toMatchObject({ code: 'ERR_NETWORK', retryable: true })
  })

  it('ignores symmetric keys in a public set', async () => {
    const k = Buffer.from('x'.repeat(32)).toString('base64url')
    server.script('/jwks', { body: { keys: [{ kty: 'oct', k, kid: 'k', alg: 'HS256' }] } })
    const bySet = (claims: JWTPayload) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k' }).sign(Buffer.from('x'.repeat(32)))
    expect((await errorOf(signIn(bySet))).code).toBe('ERR_INVALID_RESPONSE')
  })

  describe('and keys that change', () => {
    const account = { id: 'a1', type: 'com.example', name: 'ana' }

    async function refreshing(clock = createFakeClock(Date.now())) {
      const own = authenticator()
      const bound = { password: 'rt', issuer: server.issuer, clientId: 'desktop', subject: 'ana' }
      const log = recordingLog()
      const { context } = testCredential(bound, { clock, log })
      const again = async (kid?: string) => {
        const iat = Math.floor(clock.now() / 1000)
        const idToken = await server.signIdToken({ iat, exp: iat + 300 }, kid === undefined ? {} : { kid })
        const headers = { date: new Date(clock.now()).toUTCString() }
        server.script('/token', { headers, body: { access_token: 'at', token_type: 'Bearer', id_token: idToken } })
        return own.getAuthToken({ account, authTokenType: 'any', options: {} }, context)
      }
      await again()
      return { clock, again, log, asked: () => server.requestsTo('/jwks').length }
    }

    it('are fetched once and remembered', async () => {
      const { again, asked } = await refreshing()
      await again()
      await again()
      expect(asked()).toBe(1)
    })

    it('are used on while the server of the keys is down (D-13)', async () => {
      const { again, clock, log } = await refreshing()
      server.script('/jwks', { status: 500 })
      await clock.advance(3_600_000)
      await again()
      expect(log.records.filter(({ event }) => event === 'identity_unverified')).toEqual([])
    })

    it('are fetched again for a new key, and an old one is no longer good (D-15, D-16)', async () => {
      const { again, clock, asked } = await refreshing()
      await clock.advance(31_000)
      await server.rotateKey('key-2')
      await again()
      expect(asked()).toBe(2)
      expect((await errorOf(again('key-1'))).code).toBe('ERR_INVALID_RESPONSE')
    })

    it('are asked for once in 30 seconds under a flood of unknown ones (D-15)', async () => {
      const { again, clock, asked } = await refreshing()
      await clock.advance(31_000)
      for (let index = 0; index < 5; index += 1) await again(`unknown-${index}`).catch(() => undefined)
      expect(asked()).toBe(2)
    })

    it('are fetched by one request for several callers at once', async () => {
      const own = authenticator()
      const clock = createFakeClock(Date.now())
      const bound = { password: 'rt', issuer: server.issuer, clientId: 'desktop', subject: 'ana' }
      server.script('/token', {
        body: { access_token: 'at', token_type: 'Bearer', id_token: await server.signIdToken({}) },
      })
      const ask = () =>
        own.getAuthToken({ account, authTokenType: 'any', options: {} }, testCredential(bound, { clock }).context)
      await Promise.all([ask(), ask(), ask()])
      expect(server.requestsTo('/jwks')).toHaveLength(1)
    })
  })

  describe('and a wrong clock', () => {
    it.each([-600_000, 600_000])(
      'works when this machine is off by %d ms, by the Date of the server (D-19)',
      async (off) => {
        const clock = createFakeClock(Date.now() + off)
        const log = recordingLog()
        const make = (claims: JWTPayload) => {
          const iat = Math.floor(Date.now() / 1000)
          return server.signIdToken({ ...claims, iat, exp: iat + 300 })
        }
        expect((await signIn(make, {}, { clock, log })).subject).toBe('ana')
        expect(log.records.filter(({ event }) => event === 'clock_skew')).toHaveLength(1)
      },
    )

    it('says that the clock is the problem when the server does not tell the time (D-20)', async () => {
      const clock = createFakeClock(Date.now() - 600_000)
      const withoutDate: typeof fetch = async (input, init) => {
        const response = await fetch(input, init)
        const headers = new Headers(response.headers)
        headers.delete('date')
        return new Response(response.body, { status: response.status, headers })
      }
      const make = (claims: JWTPayload) => {
        const iat = Math.floor(Date.now() / 1000)
        return server.signIdToken({ ...claims, iat, exp: iat + 300 })
      }
      const error = await errorOf(signIn(make, {}, { clock, fetch: withoutDate }))
      expect(error).toMatchObject({ code: 'ERR_CLOCK_SKEW', action: 'check-clock' })
    })
  })
})

async function sign(claims: JWTPayload, alg: 'PS256' | 'ES256', embedded?: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  const header = embedded === undefined ? {} : { jwk: await exportJWK(publicKey), jku: 'https://evil.example/jwks' }
  return new SignJWT(claims).setProtectedHeader({ alg, ...header }).sign(privateKey)
}
