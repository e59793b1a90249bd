import type { AuthToken } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'

const SEPARATOR = '\u0001'
// The separator would end a field early; the others would end the line of a mail protocol.
const BREAKING = ['\u0001', '\u0000', '\r', '\n'] as const

/**
 * The initial response of the mechanism `XOAUTH2`, base64, as Google and Microsoft take it for IMAP, POP and SMTP.
 *
 * > [!WARNING]\
 * > It holds the token. Send it over TLS to the mail server and nowhere else.
 *
 * @example
 * ```ts
 * const token = await manager.getAuthToken(account, 'mail')
 * socket.write(`a1 AUTHENTICATE XOAUTH2 ${xoauth2(token, account.name)}\r\n`)
 * ```
 *
 * @param user The mailbox, usually an e-mail address.
 * @throws TypeError when `user` could break out of its field, and for a token that is bound to a key (DPoP).
 * @see [Google: the SASL XOAUTH2 mechanism](https://developers.google.com/workspace/gmail/imap/xoauth2-protocol)
 */
export function xoauth2(token: AuthToken, user: string): string {
  const fields = [`user=${checkedText(user, 'user')}`, `auth=Bearer ${tokenValue(token)}`, '', '']
  return Buffer.from(fields.join(SEPARATOR), 'utf8').toString('base64')
}

/**
 * The initial response of the mechanism `OAUTHBEARER`, base64 (RFC 7628 §3.1).
 *
 * @param user Whose mailbox is opened (the GS2 authorisation identity).
 * @param host The mail server's name.
 * @param port Its port.
 * @throws TypeError or RangeError when an argument could break out of its field, and for a token that is bound to a key
 *   (DPoP).
 * @see [RFC 7628, SASL mechanisms for OAuth](https://www.rfc-editor.org/rfc/rfc7628.html#section-3.1)
 */
export function oauthBearer(token: AuthToken, user: string, host: string, port: number): string {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError('port must be from 1 to 65535')
  // RFC 5801 §4: a saslname spells "," and "=" as escapes, because they end a field of the header.
  const identity = checkedText(user, 'user').replaceAll('=', '=3D').replaceAll(',', '=2C')
  const fields = [
    `n,a=${identity},`,
    `host=${checkedText(host, 'host')}`,
    `port=${port}`,
    `auth=Bearer ${tokenValue(token)}`,
    '',
    '',
  ]
  return Buffer.from(fields.join(SEPARATOR), 'utf8').toString('base64')
}

function tokenValue(token: AuthToken): string {
  const { value, scheme } = (token ?? {}) as Partial<AuthToken>
  // A mail server sees no proof of possession, so a token that is bound to a key is worth nothing to it (RFC 9449 §7.1).
  if (scheme === 'DPoP') throw new TypeError('token must be a Bearer token, received one that is bound to a key (DPoP)')
  if (typeof value !== 'string' || value === '')
    throw new TypeError(`token must be an AuthToken, received ${kindOf(token)}`)
  return checkedText(value, 'token')
}

function checkedText(value: unknown, option: string): string {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
  }
  // A lone half of a character has no UTF-8; it would become another name.
  if (BREAKING.some((character) => value.includes(character)) || !value.isWellFormed()) {
    throw new TypeError(`${option} must not contain control characters or halves of characters`)
  }
  return value
}
