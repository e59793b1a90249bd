import { describe, expect, it } from 'vitest'
import { transportFailure } from '../src/transport-failure.ts'

const fetchFailed = (cause: unknown) => new TypeError('fetch failed', { cause })
const withCode = (code: string) => Object.assign(new Error('secret in message'), { code })

describe('transportFailure', () => {
  it.each(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])(
    'knows that %s means nothing was sent',
    (code) => {
      expect(transportFailure(fetchFailed(withCode(code)))).toEqual({ failure: 'not-sent', code })
    },
  )

  it.each([
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'EPROTO',
  ])('knows that %s is about TLS', (code) => {
    expect(transportFailure(fetchFailed(withCode(code)))).toEqual({ failure: 'tls', code })
  })

  it.each([
    'ECONNRESET',
    'EPIPE',
    'UND_ERR_SOCKET',
    'UND_ERR_HEADERS_TIMEOUT',
    'UND_ERR_BODY_TIMEOUT',
    'SOMETHING_NEW',
  ])('does not know whether %s came before or after the server acted', (code) => {
    expect(transportFailure(fetchFailed(withCode(code)))).toEqual({ failure: 'ambiguous', code })
  })

  it('takes several addresses as not sent only when none was reached', () => {
    const all = Object.assign(new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]), {
      code: 'ECONNREFUSED',
    })
    expect(transportFailure(fetchFailed(all)).failure).toBe('not-sent')
    const one = Object.assign(new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNRESET')]), {
      code: 'ECONNREFUSED',
    })
    expect(transportFailure(fetchFailed(one)).failure).toBe('ambiguous')
  })

  it('knows that a proxy which refuses the tunnel passed nothing on', () => {
    const refused = Object.assign(new Error('Proxy response (407) !== 200 when HTTP Tunneling'), {
      code: 'UND_ERR_ABORTED',
    })
    expect(transportFailure(fetchFailed(refused)).failure).toBe('not-sent')
  })

  it.each([[undefined], [null], ['text'], [new Error('x')], [{ code: 'a secret value' }]])(
    'takes %s as ambiguous and copies nothing of it',
    (error) => {
      expect(transportFailure(error)).toEqual({ failure: 'ambiguous' })
    },
  )

  it('ends on causes that point at each other', () => {
    const loop: { cause?: unknown } = {}
    loop.cause = loop
    expect(transportFailure(loop)).toEqual({ failure: 'ambiguous' })
  })
})
