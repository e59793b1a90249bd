import { describe, expect, it } from 'vitest'
import { classify } from '../src/classify.ts'
import { failureError } from '../src/failure-error.ts'
import type { Answer, NoAnswer } from '../src/http-exchange.ts'

const NOW = Date.UTC(2026, 10, 24, 12)

function answered(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const kind = 'answer' as const
  return { kind, host: 'as.example', status, headers: new Headers(headers), text, requestedAt: NOW, receivedAt: NOW }
}

function unanswered(failure: NoAnswer['failure'], code?: string): NoAnswer {
  return { kind: 'no-answer', host: 'as.example', failure, code }
}

const html = { 'content-type': 'text/html' }
type Row = [name: string, result: Answer | NoAnswer, expected: { code: string; reason?: string; class: string }]

// The table of docs/requirements.md, and the rows of §7.B that go with it.
const rows: Row[] = [
  [
    'a name that does not resolve',
    unanswered('not-sent', 'ENOTFOUND'),
    { class: 'offline', code: 'ERR_NETWORK', reason: 'offline' },
  ],
  ['a certificate that is not trusted', unanswered('tls', 'CERT_HAS_EXPIRED'), { class: 'tls', code: 'ERR_TLS' }],
  [
    'a reset after sending',
    unanswered('ambiguous', 'ECONNRESET'),
    { class: 'ambiguous', code: 'ERR_NETWORK', reason: 'ambiguous' },
  ],
  [
    'truncated JSON',
    answered(200, '{"access_token":"a'),
    { class: 'ambiguous', code: 'ERR_NETWORK', reason: 'ambiguous' },
  ],
  ['an empty 200', answered(200, ''), { class: 'ambiguous', code: 'ERR_NETWORK', reason: 'ambiguous' }],
  ['plain text with 200', answered(200, 'OK'), { class: 'ambiguous', code: 'ERR_NETWORK', reason: 'ambiguous' }],
  ['502', answered(502, 'bad gateway'), { class: 'ambiguous', code: 'ERR_NETWORK', reason: 'ambiguous' }],
  ['504', answered(504, ''), { class: 'ambiguous', code: 'ERR_NETWORK', reason: 'ambiguous' }],
  ['429', answered(429, ''), { class: 'throttled', code: 'ERR_THROTTLED', reason: 'throttled' }],
  [
    '429 with an OAuth error',
    answered(429, { error: 'invalid_request' }),
    { class: 'throttled', code: 'ERR_THROTTLED', reason: 'throttled' },
  ],
  [
    '503 with Retry-After',
    answered(503, '', { 'retry-after': '7' }),
    { class: 'throttled', code: 'ERR_THROTTLED', reason: 'throttled' },
  ],
  [
    'slow_down',
    answered(400, { error: 'slow_down' }),
    { class: 'throttled', code: 'ERR_THROTTLED', reason: 'throttled' },
  ],
  [
    'slow_down with 200 (GitHub)',
    answered(200, { error: 'slow_down', interval: 20 }),
    { class: 'throttled', code: 'ERR_THROTTLED', reason: 'throttled' },
  ],
  [
    'temporarily_unavailable',
    answered(400, { error: 'temporarily_unavailable' }),
    { class: 'throttled', code: 'ERR_THROTTLED', reason: 'throttled' },
  ],
  ['503 alone', answered(503, ''), { class: 'server', code: 'ERR_SERVER', reason: 'server' }],
  ['500', answered(500, { error: 'boom' }), { class: 'server', code: 'ERR_SERVER', reason: 'server' }],
  [
    '500 that says invalid_grant',
    answered(500, { error: 'invalid_grant' }),
    { class: 'server', code: 'ERR_SERVER', reason: 'server' },
  ],
  ['408', answered(408, ''), { class: 'server', code: 'ERR_SERVER', reason: 'server' }],
  ['425', answered(425, ''), { class: 'server', code: 'ERR_SERVER', reason: 'server' }],
  ['server_error', answered(400, { error: 'server_error' }), { class: 'server', code: 'ERR_SERVER', reason: 'server' }],
  ['a redirect (B-01)', answered(307, ''), { class: 'server', code: 'ERR_SERVER', reason: 'redirect' }],
  [
    'a captive portal (B-33)',
    answered(200, '<html>log in</html>', html),
    { class: 'server', code: 'ERR_SERVER', reason: 'captive_portal' },
  ],
  [
    '511',
    answered(511, '<html>log in</html>', html),
    { class: 'server', code: 'ERR_SERVER', reason: 'captive_portal' },
  ],
  ['HTML with 400', answered(400, '<html>no</html>', html), { class: 'server', code: 'ERR_SERVER', reason: 'server' }],
  ['HTML with 401', answered(401, '<html>no</html>', html), { class: 'server', code: 'ERR_SERVER', reason: 'server' }],
  [
    'an error that is an object (B-37)',
    answered(400, { error: { a: 1 } }),
    { class: 'server', code: 'ERR_SERVER', reason: 'server' },
  ],
  [
    'an error of 10 KB (B-37)',
    answered(400, { error: 'x'.repeat(10_000) }),
    { class: 'server', code: 'ERR_SERVER', reason: 'server' },
  ],
  [
    'an error with escapes (B-37)',
    answered(400, { error: 'a\u001b[31m' }),
    { class: 'server', code: 'ERR_SERVER', reason: 'server' },
  ],
  [
    'invalid_grant',
    answered(400, { error: 'invalid_grant' }),
    { class: 'grant-dead', code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' },
  ],
  [
    'invalid_grant beside WWW-Authenticate (B-32)',
    answered(400, { error: 'invalid_grant' }, { 'www-authenticate': 'Bearer' }),
    { class: 'grant-dead', code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' },
  ],
  [
    'invalid_grant as a form',
    answered(400, 'error=invalid_grant&error_description=x'),
    { class: 'grant-dead', code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' },
  ],
  [
    'a synonym with 200 (B-29, GitHub)',
    answered(200, { error: 'bad_refresh_token' }),
    { class: 'grant-dead', code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' },
  ],
  [
    'a dead token by suberror (Entra)',
    answered(400, { error: 'invalid_grant', suberror: 'bad_token' }),
    { class: 'grant-dead', code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' },
  ],
  [
    'interaction_required',
    answered(400, { error: 'interaction_required' }),
    { class: 'interaction', code: 'ERR_INTERACTION_REQUIRED', reason: 'interaction_required' },
  ],
  [
    'login_required',
    answered(400, { error: 'login_required' }),
    { class: 'interaction', code: 'ERR_INTERACTION_REQUIRED', reason: 'login_required' },
  ],
  [
    'consent_required',
    answered(400, { error: 'consent_required' }),
    { class: 'interaction', code: 'ERR_INTERACTION_REQUIRED', reason: 'consent_required' },
  ],
  [
    'account_selection_required',
    answered(400, { error: 'account_selection_required' }),
    { class: 'interaction', code: 'ERR_INTERACTION_REQUIRED', reason: 'account_selection_required' },
  ],
  [
    'suberror (Entra)',
    answered(400, { error: 'invalid_grant', suberror: 'basic_action' }),
    { class: 'interaction', code: 'ERR_INTERACTION_REQUIRED', reason: 'interaction_required' },
  ],
  [
    'suberror beside a client that is not accepted',
    answered(401, { error: 'invalid_client', suberror: 'basic_action' }),
    { class: 'misconfigured', code: 'ERR_MISCONFIGURED' },
  ],
  [
    'suberror consent_required',
    answered(400, { error: 'invalid_grant', suberror: 'consent_required' }),
    { class: 'interaction', code: 'ERR_INTERACTION_REQUIRED', reason: 'consent_required' },
  ],
  [
    'invalid_grant with claims',
    answered(400, { error: 'invalid_grant', claims: '{"a":1}' }),
    { class: 'interaction', code: 'ERR_INTERACTION_REQUIRED', reason: 'interaction_required' },
  ],
  [
    'access_denied',
    answered(400, { error: 'access_denied' }),
    { class: 'denied', code: 'ERR_INTERACTION_REQUIRED', reason: 'access_denied' },
  ],
  [
    'invalid_client (B-28)',
    answered(401, { error: 'invalid_client' }),
    { class: 'misconfigured', code: 'ERR_MISCONFIGURED' },
  ],
  [
    'unauthorized_client',
    answered(400, { error: 'unauthorized_client' }),
    { class: 'misconfigured', code: 'ERR_MISCONFIGURED' },
  ],
  [
    'unsupported_grant_type',
    answered(400, { error: 'unsupported_grant_type' }),
    { class: 'misconfigured', code: 'ERR_MISCONFIGURED' },
  ],
  [
    'invalid_request (B-31)',
    answered(400, { error: 'invalid_request' }),
    { class: 'misconfigured', code: 'ERR_MISCONFIGURED' },
  ],
  ['401 without a body', answered(401, ''), { class: 'misconfigured', code: 'ERR_MISCONFIGURED' }],
  ['invalid_scope', answered(400, { error: 'invalid_scope' }), { class: 'request', code: 'ERR_SCOPE_NOT_GRANTED' }],
  ['invalid_target', answered(400, { error: 'invalid_target' }), { class: 'request', code: 'ERR_SCOPE_NOT_GRANTED' }],
  [
    'invalid_authorization_details',
    answered(400, { error: 'invalid_authorization_details' }),
    { class: 'request', code: 'ERR_SCOPE_NOT_GRANTED' },
  ],
  ['use_dpop_nonce', answered(400, { error: 'use_dpop_nonce' }), { class: 'dpop-nonce', code: 'ERR_SERVER' }],
  [
    'authorization_pending with 200 (GitHub)',
    answered(200, { error: 'authorization_pending' }),
    { class: 'pending', code: 'ERR_SERVER' },
  ],
]

describe('classify', () => {
  it.each(rows)('%s', (_name, result, expected) => {
    const outcome = classify(result, { grantDeadErrors: ['bad_refresh_token'] }, NOW)
    if (outcome.kind === 'success') throw new Error('classified as success')
    const error = failureError(outcome.failure, { label: 'Example', doing: 'testing' })
    expect({ class: outcome.failure.class, code: error.code, ...(error.reason && { reason: error.reason }) }).toEqual(
      expected,
    )
    expect(error.message).toContain('as.example')
  })

  it('takes a quirk as data: invalid_request is a dead grant where the service says so (B-31)', () => {
    const outcome = classify(answered(400, { error: 'invalid_request' }), { grantDeadErrors: ['invalid_request'] }, NOW)
    expect(outcome).toMatchObject({ failure: { class: 'grant-dead' } })
  })

  it.each([
    ['JSON labelled as HTML (B-35)', answered(200, { access_token: 'a' }, html)],
    ['201 (B-36)', answered(201, { access_token: 'a' })],
    ['a form', answered(200, 'access_token=a&token_type=bearer')],
    ['a token beside an empty error', answered(200, { access_token: 'a', error: null })],
  ])('accepts %s', (_name, result) => {
    expect(classify(result, {}, NOW)).toMatchObject({ kind: 'success', members: { access_token: 'a' } })
  })

  it('passes claims of a challenge on, and nothing that is not JSON', () => {
    const challenge = (claims: unknown) => classify(answered(400, { error: 'interaction_required', claims }), {}, NOW)
    expect(challenge('{"a":1}')).toMatchObject({ failure: { challenge: { claims: '{"a":1}' } } })
    for (const bad of ['{"a"', '[1]', 7, `{"a":"${'x'.repeat(9000)}"}`]) {
      expect(challenge(bad)).toMatchObject({ failure: { challenge: undefined } })
    }
  })

  it('puts no text of the server into the error', () => {
    const outcome = classify(answered(400, { error: 'invalid_grant', error_description: 'your token abc' }), {}, NOW)
    if (outcome.kind === 'success') throw new Error('classified as success')
    expect(failureError(outcome.failure, { label: 'Example', doing: 'testing' }).message).not.toContain('abc')
  })

  it('drops members that could reach a prototype (B-25)', () => {
    const outcome = classify(answered(200, '{"access_token":"a","__proto__":{"x":1},"constructor":1}'), {}, NOW)
    if (outcome.kind === 'failure') throw new Error('classified as failure')
    expect(Object.keys(outcome.members)).toEqual(['access_token'])
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })
})
