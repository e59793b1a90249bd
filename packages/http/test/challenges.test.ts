import { MAX_CHALLENGE_CHARS, parseChallenges } from '@accountry/http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

function plain(header: string | undefined): unknown[] {
  return parseChallenges(header).map(({ scheme, params, token68 }) => ({
    scheme,
    ...Object.fromEntries(params),
    ...(token68 !== undefined && { token68 }),
  }))
}

describe('parseChallenges', () => {
  test.each([
    [undefined, []],
    ['', []],
    [' , ,', []],
    ['Bearer', [{ scheme: 'bearer' }]],
    ['Bearer realm="a"', [{ scheme: 'bearer', realm: 'a' }]],
    ['Bearer realm=a', [{ scheme: 'bearer', realm: 'a' }]],
    ['BEARER ERROR="invalid_token"', [{ scheme: 'bearer', error: 'invalid_token' }]],
    [
      'Negotiate, Bearer error="invalid_token"',
      [{ scheme: 'negotiate' }, { scheme: 'bearer', error: 'invalid_token' }],
    ],
    [
      'Negotiate YWJj==, Bearer a=b',
      [
        { scheme: 'negotiate', token68: 'YWJj==' },
        { scheme: 'bearer', a: 'b' },
      ],
    ],
    ['Bearer a="1, Basic realm=\\"x\\"", b=2', [{ scheme: 'bearer', a: '1, Basic realm="x"', b: '2' }]],
    ['Bearer a="back\\\\slash"', [{ scheme: 'bearer', a: 'back\\slash' }]],
    ['Bearer a = 1 , b\t=\t"2"', [{ scheme: 'bearer', a: '1', b: '2' }]],
    [
      'Basic realm="x",, Bearer scope="a b" ,',
      [
        { scheme: 'basic', realm: 'x' },
        { scheme: 'bearer', scope: 'a b' },
      ],
    ],
    [
      'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
      [
        { scheme: 'newauth', realm: 'apps', type: '1', title: 'Login to "apps"' },
        { scheme: 'basic', realm: 'simple' },
      ],
    ],
    ['Bearer error="first", error="second"', [{ scheme: 'bearer', error: 'first' }]],
  ])('reads %j', (header, expected) => {
    expect(plain(header)).toEqual(expected)
  })

  test.each([
    'bogus =',
    'Bearer error="unterminated',
    'Bearer error="ends in an escape\\',
    'Bearer realm="a" error="no comma"',
    'Bearer "quoted"',
    '"Bearer" a=b',
    'Bearer a=b=c',
    'Bearer=x',
    'Bearer a="b"c',
    'é',
  ])('takes %j as no challenge at all', (header) => {
    expect(parseChallenges(header)).toEqual([])
  })

  test('joins several header lines as Headers does', () => {
    const headers = new Headers()
    headers.append('www-authenticate', 'Negotiate')
    headers.append('www-authenticate', 'Bearer error="invalid_token", error_description="a, b"')
    expect(plain(headers.get('www-authenticate') ?? '')).toEqual([
      { scheme: 'negotiate' },
      { scheme: 'bearer', error: 'invalid_token', error_description: 'a, b' },
    ])
  })

  test('does not read a header that is too long to be honest', () => {
    expect(parseChallenges(`Bearer a="${'x'.repeat(MAX_CHALLENGE_CHARS)}"`)).toEqual([])
    expect(parseChallenges(`Bearer a="${'x'.repeat(MAX_CHALLENGE_CHARS - 11)}"`)).toHaveLength(1)
  })

  test('keeps a parameter named __proto__ an ordinary one', () => {
    const [challenge] = parseChallenges('Bearer __proto__="x"')
    expect(challenge?.params.get('__proto__')).toBe('x')
  })

  test('never throws, whatever the server sends', () => {
    const piece = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'a', 'realm', 'abc==', '\t', '\u00e9', '/')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (header) => {
          for (const { scheme } of parseChallenges(header)) expect(scheme).toMatch(/^\S+$/)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('reads back every list of challenges that was written by the grammar', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9!#$%&'*+\-.^_`|~]{0,8}$/)
    const value = fc.oneof(
      token,
      fc.stringMatching(/^[\x20-\x7e]{0,20}$/).map((text) => ({ text })),
    )
    const params = fc.uniqueArray(fc.tuple(token, value), { selector: ([name]) => name, maxLength: 4 })
    const separator = fc.constantFrom(',', ', ', ' ,', ' , ,\t')
    fc.assert(
      fc.property(fc.array(fc.tuple(token, params), { minLength: 1, maxLength: 4 }), separator, (challenges, comma) => {
        const header = challenges
          .map(([scheme, list]) => [scheme, list.map(([name, v]) => `${name}=${written(v)}`).join(comma)].join(' '))
          .join(comma)
        const expected = challenges.map(([scheme, list]) => ({
          scheme,
          params: new Map(list.map(([name, v]) => [name, typeof v === 'string' ? v : v.text])),
        }))
        expect(parseChallenges(header)).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })
})

function written(value: string | { text: string }): string {
  return typeof value === 'string' ? value : `"${value.text.replace(/["\\]/g, '\\$&')}"`
}
