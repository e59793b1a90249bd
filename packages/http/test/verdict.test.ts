import { describe, expect, test } from 'vitest'
import { parseChallenges } from '../src/challenges.ts'
import { judge } from '../src/verdict.ts'

function verdictOf(status: number, header?: string, nonce = false): unknown {
  return judge(status, parseChallenges(header), { nonce })
}

describe('judge', () => {
  test.each([200, 204, 302, 400, 404, 407, 500])('finds nothing about the token in a %i', (status) => {
    expect(verdictOf(status, 'Bearer error="invalid_token"')).toEqual({ kind: 'accepted' })
  })

  test.each([
    undefined,
    'bogus =',
    'Bearer',
    'Bearer error="invalid_token"',
    'Negotiate, Bearer error="invalid_token"',
    'Basic realm="x"',
    'Bearer error="something_new"',
  ])('takes a 401 with %j as a rejected token', (header) => {
    expect(verdictOf(401, header)).toEqual({ kind: 'token-rejected' })
  })

  test('takes insufficient_scope as a question to the person, with 403 and with 401', () => {
    const expected = { kind: 'insufficient-scope', challenge: { scopes: ['x', 'y'] } }
    expect(verdictOf(403, 'Bearer error="insufficient_scope", scope="x y"')).toEqual(expected)
    expect(verdictOf(401, 'Bearer error="insufficient_scope", scope="x y"')).toEqual(expected)
  })

  test('leaves every other 403 to the caller', () => {
    expect(verdictOf(403)).toEqual({ kind: 'accepted' })
    expect(verdictOf(403, 'Bearer error="invalid_token"')).toEqual({ kind: 'accepted' })
    expect(verdictOf(403, 'Basic error="insufficient_scope"')).toEqual({ kind: 'accepted' })
  })

  test('reads what a step-up asks for', () => {
    const header = 'Bearer error="insufficient_user_authentication", acr_values="a b", max_age="5"'
    expect(verdictOf(401, header)).toEqual({ kind: 'step-up', challenge: { acrValues: ['a', 'b'], maxAgeS: 5 } })
    const claims = Buffer.from('{"access_token":{}}').toString('base64')
    expect(verdictOf(401, `Bearer error="insufficient_claims", claims="${claims}"`)).toEqual({
      kind: 'step-up',
      challenge: { claims },
    })
  })

  test('drops words that do not belong into a message or a request', () => {
    const header = 'Bearer error="insufficient_scope", scope="good \u001b[31m \\"bad\\" a\\\\b", max_age="-1"'
    expect(verdictOf(403, header)).toEqual({ kind: 'insufficient-scope', challenge: { scopes: ['good'] } })
  })

  test('asks again with a nonce only when there is one that was not used', () => {
    const header = 'DPoP error="use_dpop_nonce", Bearer error="invalid_token"'
    expect(verdictOf(401, header, true)).toEqual({ kind: 'nonce-required' })
    expect(verdictOf(401, header, false)).toEqual({ kind: 'accepted' })
    expect(verdictOf(401, 'DPoP error="invalid_dpop_proof"', true)).toEqual({ kind: 'nonce-required' })
    expect(verdictOf(401, 'DPoP error="invalid_dpop_proof"', false)).toEqual({ kind: 'accepted' })
  })
})
