// What servers, browsers and callers hand in may be anything. Readers answer; checks name what is wrong.
import { isAccountError } from '@accountry/accounts'
import { createOAuthAuthenticator, createSecretAuthenticator } from '@accountry/oauth'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAuthorizationResponse } from '../src/authorization-response.ts'
import { classify } from '../src/classify.ts'
import { readDeviceCode } from '../src/device-flow.ts'
import { isLocalAddress, parseEndpoint } from '../src/endpoint-url.ts'
import { findClaimFault } from '../src/id-token-claims.ts'
import { judgeRequest } from '../src/loopback-request.ts'
import { parseRedirectUri } from '../src/redirect-uri.ts'
import { recallMetadata } from '../src/remembered-metadata.ts'
import { readServerMetadata } from '../src/server-metadata.ts'
import { readSignInOptions } from '../src/sign-in-options.ts'

const RUNS = { numRuns: 1_000 }
const ODD = [null, undefined, '', 'x', -1, Number.NaN, [], {}, 'https://a', 'http://127.0.0.1/', ['a'], 1e300, '\u202e']
const anything = fc.oneof(fc.anything(), fc.constantFrom<unknown>(...ODD))
const address = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('http://[::1', 'https://a:b@c', 'http://127.0.0.1:99999', 'a:b', '//x'),
)

/** An object with some of these members, each of any kind. */
function members(...names: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(names.map((name) => [name, anything])), { requiredKeys: [] })
}

/** What JavaScript itself says names no option and helps nobody. */
const BY_ACCIDENT = /Cannot |is not a function|not iterable|circular/

function expectNamedMistake(create: () => unknown): void {
  try {
    create()
  } catch (error) {
    expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true)
    expect(String(error)).not.toMatch(BY_ACCIDENT)
  }
}

const OAUTH_OPTIONS =
  'type label icon issuer issuerTemplate metadata clientId clientSecret clientKey clientAuthentication flow redirectUri tokenTypes signInScopes nameClaims accountName prompt loginHint authorizationParameters dpop par jwtBearer quirks idTokenAlgorithms clockToleranceMs signInTimeoutMs'.split(
    ' ',
  )
const oauth = { type: 't', label: 'l', issuer: 'https://as.example', clientId: 'c' }
const secret = { type: 't', label: 'l', fields: [{ name: 'a', label: 'b', secret: true }] }

describe('whatever a server says', () => {
  it('in its metadata, now or remembered, is read or refused', () => {
    const documents = members('issuer', 'token_endpoint', 'jwks_uri', 'scopes_supported')
    fc.assert(
      fc.property(documents, (document) => void readServerMetadata(document)),
      RUNS,
    )
    fc.assert(
      fc.property(fc.json(), (text) => void recallMetadata(`{"at":1,"metadata":${text}}`)),
      RUNS,
    )
  })

  it('of a device code, the waiting stays within limits', () => {
    const answers = members('device_code', 'user_code', 'verification_uri', 'interval', 'expires_in')
    const usable = { device_code: 'd', user_code: 'u', verification_uri: 'https://as.example/device' }
    fc.assert(
      fc.property(answers, fc.boolean(), (answer, isUsable) => {
        const code = readDeviceCode(isUsable ? { ...answer, ...usable } : answer)
        if (code === undefined) return
        expect(code.intervalMs).toBeGreaterThanOrEqual(1_000)
        expect(code.intervalMs).toBeLessThanOrEqual(60_000)
        expect(code.lifetimeMs).toBeGreaterThan(0)
        expect(code.lifetimeMs).toBeLessThanOrEqual(3_600_000)
      }),
      RUNS,
    )
  })

  it('at its token endpoint has a class, and a wait within an hour', () => {
    const bodies = fc.oneof(fc.json(), fc.string(), fc.constant('{"error":'), fc.constant('<html>'))
    const headers = fc.dictionary(fc.constant('retry-after'), fc.stringMatching(/^[\w ,:.-]{0,40}$/))
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), bodies, headers, (status, text, fields) => {
        const answer = { kind: 'answer', host: 'h', status, headers: new Headers(fields), text } as const
        const outcome = classify({ ...answer, requestedAt: 0, receivedAt: 0 }, {}, 0)
        const at = outcome.kind === 'failure' ? (outcome.failure.retryAt ?? 1_000) : 1_000
        expect(at).toBeGreaterThanOrEqual(1_000)
        expect(at).toBeLessThanOrEqual(3_600_000)
      }),
      RUNS,
    )
  })

  it('in an ID token is a fault, unless it is right', () => {
    const claims = members('iss', 'sub', 'aud', 'azp', 'exp', 'iat', 'nbf', 'nonce', 'at_hash', 'auth_time', 'acr')
    const expected = { issuer: 'https://as.example', clientId: 'c', now: 0, toleranceMs: 0, alg: 'ES256', nonce: 'n' }
    fc.assert(
      fc.property(claims, (each) => {
        expect(findClaimFault(each, expected)).toBeDefined()
      }),
      RUNS,
    )
  })
})

describe('whatever a browser brings', () => {
  it('to the listener is judged', () => {
    const headers = fc.array(fc.string())
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), headers, fc.constantFrom('GET', 'POST'), (url, rawHeaders, method) => {
        const verdict = judgeRequest({ url, rawHeaders, method }, { host: 'h', path: '/p', state: 's' })
        expect(verdict).toHaveProperty('status')
      }),
      RUNS,
    )
  })

  it('as the answer of a sign-in is a code or an error that can be printed', () => {
    const names = fc.constantFrom('code', 'state', 'iss', 'error', 'error_description', 'access_token', 'x')
    const expected = { issuer: 'https://as.example', metadata: {}, label: 'Example' }
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.oneof(fc.string({ unit: 'binary' }), address))), (pairs) => {
        try {
          readAuthorizationResponse(new URLSearchParams(pairs), expected)
        } catch (error) {
          expect(isAccountError(error), String(error)).toBe(true)
          expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
        }
      }),
      RUNS,
    )
  })
})

describe('whatever a caller passes', () => {
  it('as an address is parsed or refused', () => {
    fc.assert(
      fc.property(address, (text) => {
        parseRedirectUri(text)
        const url = parseEndpoint(text)
        if (typeof url !== 'string') isLocalAddress(url.hostname)
      }),
      RUNS,
    )
  })

  it('as an option of a sign-in is taken, or named in the error', () => {
    const options = members('scopes', 'resource', 'prompt', 'claims', 'maxAgeS', 'acrValues', 'authorizationParameters')
    fc.assert(
      fc.property(options, (each) => {
        try {
          readSignInOptions(each, 'Example')
        } catch (error) {
          expect(isAccountError(error), String(error)).toBe(true)
          expect(String(error)).toMatch(/options\./)
        }
      }),
      RUNS,
    )
  })

  it.each(OAUTH_OPTIONS)('as the option %s of an authenticator is taken, or named in a TypeError', (name) => {
    fc.assert(
      fc.property(anything, (value) => {
        expectNamedMistake(() => createOAuthAuthenticator({ ...oauth, [name]: value } as never))
      }),
      { numRuns: 200 },
    )
  })

  it('as token types or fields is taken, or named in a TypeError', () => {
    const types = fc.dictionary(fc.string(), members('scopes', 'resource', 'label', 'origins', 'kind', 'exchange'))
    fc.assert(
      fc.property(types, (tokenTypes) => {
        expectNamedMistake(() => createOAuthAuthenticator({ ...oauth, tokenTypes } as never))
      }),
      RUNS,
    )
    const options = members(
      'type',
      'icon',
      'fields',
      'exchange',
      'confirm',
      'origins',
      'tokenTypes',
      'scheme',
      'persist',
    )
    fc.assert(
      fc.property(options, (each) => {
        expectNamedMistake(() => createSecretAuthenticator({ ...secret, ...each } as never))
      }),
      RUNS,
    )
  })
})
