import { AuthToken } from '@accountry/accounts'
import { oauthBearer, xoauth2 } from '@accountry/oauth'
import { describe, expect, it } from 'vitest'

const account = { id: 'a1', type: 'com.example', name: 'someuser@example.com' }
const token = new AuthToken({ value: 'ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg', authTokenType: 'mail', account })
const decoded = (text: string) => Buffer.from(text, 'base64').toString('utf8')

describe('SASL strings', () => {
  it('spells XOAUTH2 as in the example of Google', () => {
    expect(xoauth2(token, 'someuser@example.com')).toBe(
      'dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==',
    )
  })

  it('spells OAUTHBEARER as in RFC 7628, section 4.1', () => {
    const example = new AuthToken({
      value: 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==',
      authTokenType: 'mail',
      account,
    })
    expect(decoded(oauthBearer(example, 'user@example.com', 'server.example.com', 143))).toBe(
      'n,a=user@example.com,\u0001host=server.example.com\u0001port=143\u0001auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\u0001\u0001',
    )
  })

  it('escapes what would end the name', () => {
    expect(decoded(oauthBearer(token, 'a=b,c', 'h', 1))).toMatch(/^n,a=a=3Db=2Cc,/)
  })

  it.each(['a\u0001b', 'a\r\nb', 'a\0b', 'a\ud800', '', 7])('refuses the user %j', (user) => {
    expect(() => xoauth2(token, user as string)).toThrow(TypeError)
    expect(() => oauthBearer(token, user as string, 'h', 1)).toThrow(TypeError)
  })

  it('refuses a host, a port and a token that are none', () => {
    expect(() => oauthBearer(token, 'a', 'h\u0001', 1)).toThrow(TypeError)
    expect(() => oauthBearer(token, 'a', 'h', 70_000)).toThrow(RangeError)
    expect(() => xoauth2('text' as never, 'a')).toThrow(TypeError)
  })

  it('are not made of a token that is bound to a key: a mail server sees no proof (DP-05)', () => {
    const bound = new AuthToken({ value: 'secret', scheme: 'DPoP', authTokenType: 'mail', account })
    expect(() => xoauth2(bound, 'ana')).toThrow(TypeError)
    expect(() => oauthBearer(bound, 'ana', 'mail.example.com', 993)).toThrow(/bound to a key/)
  })
})
