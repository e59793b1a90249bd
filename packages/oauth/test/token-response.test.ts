import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBody } from '../src/response-body.ts'
import { MAX_TOKEN_LENGTH, readTokenResponse } from '../src/token-response.ts'

const good = { access_token: 'at', token_type: 'Bearer' }

describe('readTokenResponse', () => {
  it.each([
    [3600, 3600],
    ['3600', 3600],
    [0, 0],
    ['0', 0],
    [0.5, 0.5],
    [315_360_000, 315_360_000],
  ])('reads expires_in %j as %d seconds (B-07, B-11, B-12)', (value, seconds) => {
    expect(readTokenResponse({ ...good, expires_in: value }).expiresInS).toBe(seconds)
  })

  it.each([
    ['3600abc'],
    [[3600]],
    [true],
    [''],
    [null],
    [-5],
    [Number.NaN],
    [1e308],
    [Number.POSITIVE_INFINITY],
    ['1e9'],
    [{}],
  ])('takes expires_in %j as unknown and keeps everything else (B-08, B-09, B-13)', (value) => {
    const response = readTokenResponse({ ...good, refresh_token: 'rt', expires_in: value })
    expect(response).toMatchObject({ accessToken: 'at', refreshToken: 'rt', problems: ['expires_in_unusable'] })
    expect(response.expiresInS).toBeUndefined()
  })

  it('survives a number that JSON writes and JavaScript cannot hold (B-13)', () => {
    const body = parseBody('{"access_token":"at","token_type":"bearer","expires_in":1e400}', null)
    if (body.kind !== 'members') throw new Error('not read')
    expect(readTokenResponse(body.members).expiresInS).toBeUndefined()
  })

  it('uses the lifetime that is known of the service when none is said', () => {
    expect(readTokenResponse(good, { defaultLifetimeS: 60 }).expiresInS).toBe(60)
    expect(readTokenResponse({ ...good, expires_in: 5 }, { defaultLifetimeS: 60 }).expiresInS).toBe(5)
  })

  it.each(['bearer', 'BEARER', 'Bearer'])('accepts token_type %s (B-17)', (value) => {
    expect(readTokenResponse({ ...good, token_type: value }).tokenType).toBe('Bearer')
  })

  it.each([['mac'], [7], [{}], [['Bearer']]])('does not accept token_type %j (B-16)', (value) => {
    const response = readTokenResponse({ ...good, refresh_token: 'rt', token_type: value })
    expect(response).toMatchObject({ refreshToken: 'rt', problems: ['token_type_unknown'] })
    expect(response.tokenType).toBeUndefined()
  })

  it('takes a missing token_type as Bearer, unless the service is known to send one', () => {
    expect(readTokenResponse({ access_token: 'at' }).tokenType).toBe('Bearer')
    expect(readTokenResponse({ access_token: 'at' }, { tokenTypeRequired: true }).problems).toEqual([
      'token_type_missing',
    ])
  })

  it.each([[undefined], [null], ['']])(
    'takes refresh_token %j as "keep yours" without a warning (B-19, B-20)',
    (value) => {
      const response = readTokenResponse({ ...good, refresh_token: value })
      expect(response.refreshToken).toBeUndefined()
      expect(response.problems).toEqual([])
    },
  )

  it.each([[123], [{}], [['rt']], ['\ud800'], ['  ']])(
    'takes refresh_token %j as "keep yours" with a warning (B-20)',
    (value) => {
      const response = readTokenResponse({ ...good, refresh_token: value })
      expect(response).toMatchObject({ accessToken: 'at', problems: ['refresh_token_illegal'] })
      expect(response.refreshToken).toBeUndefined()
    },
  )

  it.each([['a\r\nb'], ['a\0b'], ['a😀'], ['a b'], [7], [['a']]])(
    'refuses access_token %j and keeps the refresh token (B-27)',
    (value) => {
      const response = readTokenResponse({ ...good, access_token: value, refresh_token: 'rt' })
      expect(response).toMatchObject({ refreshToken: 'rt', problems: ['access_token_illegal'] })
      expect(response.accessToken).toBeUndefined()
    },
  )

  it('takes tokens of 64 KiB and refuses more than 256 KiB (TK-12)', () => {
    expect(readTokenResponse({ ...good, access_token: 'a'.repeat(65_536) }).accessToken).toHaveLength(65_536)
    const huge = 'a'.repeat(MAX_TOKEN_LENGTH + 1)
    expect(readTokenResponse({ ...good, access_token: huge }).problems).toEqual(['access_token_too_large'])
    expect(readTokenResponse({ ...good, refresh_token: huge }).problems).toEqual(['refresh_token_too_large'])
  })

  it.each([
    [undefined, undefined],
    [null, undefined],
    ['', []],
    ['a b  a', ['a', 'b']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ])('reads scope %j as %j (B-23, B-24)', (value, scopes) => {
    expect(readTokenResponse({ ...good, scope: value }).scopes).toEqual(scopes)
  })

  it('splits scopes by the separator of the service', () => {
    expect(readTokenResponse({ ...good, scope: 'repo,gist' }, { scopeSeparator: ',' }).scopes).toEqual(['repo', 'gist'])
  })

  it('leaves out scopes that are none: they would be shown to people', () => {
    const { scopes, problems } = readTokenResponse({ ...good, scope: ['notes', 'n\u202eotes', 'a b', '', 'tags'] })
    expect([scopes, problems]).toEqual([['notes', 'tags'], ['scope_unusable']])
  })

  it('never throws, and never loses a good refresh token to anything beside it', () => {
    const member = fc.oneof(fc.jsonValue(), fc.string(), fc.double(), fc.constant(undefined))
    fc.assert(
      fc.property(
        fc.record({ access_token: member, token_type: member, expires_in: member, scope: member, id_token: member }),
        (noise) => {
          const response = readTokenResponse({ ...noise, refresh_token: 'the-only-one' } as never)
          expect(response.refreshToken).toBe('the-only-one')
        },
      ),
    )
  })
})

describe('parseBody', () => {
  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string(), fc.option(fc.string()), (text, type) => void parseBody(text, type)))
  })
})
