import { describe, expect, test } from 'vitest'
import { type Hop, isRedirect, nextHop } from '../src/redirects.ts'

const policy = { resendBodyAcrossOrigins: false, isReplayable: (body: unknown) => typeof body === 'string' }

function hop(
  fields: Partial<Omit<Hop, 'url' | 'headers'>> & { url?: string; headers?: Record<string, string> } = {},
): Hop {
  const { url = 'https://api.example.com/a', headers = {}, ...rest } = fields
  return { method: 'GET', body: undefined, authorized: true, ...rest, url: new URL(url), headers: new Headers(headers) }
}

function follow(
  from: Hop,
  status: number,
  location: string,
): Omit<Hop, 'headers'> & { headers: Record<string, string> } {
  const next = nextHop(from, status, location, policy)
  return { ...next, headers: Object.fromEntries(next.headers) }
}

describe('isRedirect', () => {
  test('knows the five redirects and no other status', () => {
    expect([301, 302, 303, 307, 308].every(isRedirect)).toBe(true)
    expect([200, 300, 304, 305, 306, 309, 401].some(isRedirect)).toBe(false)
  })
})

describe('nextHop', () => {
  test('keeps the token and every header on the same origin', () => {
    const next = follow(hop({ headers: { 'x-api-key': 'k', cookie: 'c' } }), 302, '/b?c=1')
    expect(next).toMatchObject({ authorized: true, method: 'GET', headers: { 'x-api-key': 'k', cookie: 'c' } })
    expect(next.url.href).toBe('https://api.example.com/b?c=1')
  })

  test.each([
    ['another host', 'https://evil.example/b'],
    ['a subdomain', 'https://sub.api.example.com/b'],
    ['another port', 'https://api.example.com:8443/b'],
    ['a URL without scheme', '//evil.example/b'],
    ['a URL with backslashes', '\\\\evil.example\\b'],
  ])('drops the token and whatever may be secret on the way to %s', (_name, location) => {
    const headers = { 'x-api-key': 'k', 'x-custom': 'v', cookie: 'c', 'proxy-authorization': 'p', accept: 'text/plain' }
    expect(follow(hop({ headers }), 302, location)).toMatchObject({
      authorized: false,
      headers: { accept: 'text/plain' },
    })
    expect(Object.keys(follow(hop({ headers }), 302, location).headers)).toEqual(['accept'])
  })

  test('does not give the token back when the way returns to the first origin', () => {
    const away = nextHop(hop(), 302, 'https://other.example/', policy)
    expect(follow(away, 302, 'https://api.example.com/a').authorized).toBe(false)
  })

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'HEAD', 'HEAD'],
  ])('makes %i after %s a %s', (status, method, expected) => {
    const body = method === 'HEAD' ? undefined : 'text'
    const next = follow(hop({ method, body, headers: { 'content-type': 'text/plain', accept: '*/*' } }), status, '/b')
    expect(next.method).toBe(expected)
    expect(next.body).toBeUndefined()
    if (expected === 'GET') expect(next.headers).toEqual({ accept: '*/*' })
  })

  test.each([301, 302, 307, 308])('keeps method and body of a PUT at %i', (status) => {
    const next = follow(hop({ method: 'PUT', body: 'text', headers: { 'content-type': 'a/b' } }), status, '/b')
    expect(next).toMatchObject({ method: 'PUT', body: 'text', headers: { 'content-type': 'a/b' } })
  })

  test('never sends a body to another origin unless that was allowed', () => {
    const post = hop({ method: 'POST', body: 'text' })
    const act = (): unknown => follow(post, 307, 'https://other.example/')
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_ORIGIN_NOT_ALLOWED', reason: 'redirect' }))
    const allowed = nextHop(post, 308, 'https://other.example/', { ...policy, resendBodyAcrossOrigins: true })
    expect(allowed).toMatchObject({ body: 'text', authorized: false })
  })

  test('says that a stream cannot be sent again', () => {
    const act = (): unknown => follow(hop({ method: 'POST', body: new ReadableStream() }), 307, '/b')
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_NOT_REPLAYABLE' }))
  })

  test.each([
    ['https to http', 'http://api.example.com/a'],
    ['https to http on loopback', 'http://127.0.0.1/'],
    ['a file', 'file:///etc/passwd'],
    ['a script', 'javascript:alert(1)'],
    ['credentials in the URL', 'https://user:pw@api.example.com/'],
  ])('refuses the way from %s', (_name, location) => {
    const act = (): unknown => follow(hop(), 302, location)
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_ORIGIN_NOT_ALLOWED', reason: 'redirect' }))
  })

  test('says when the target is no URL', () => {
    const act = (): unknown => follow(hop(), 302, 'https://[')
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_INVALID_RESPONSE', reason: 'redirect' }))
  })

  test('names no path, query or credential of a refused target', () => {
    const act = (): unknown => follow(hop(), 302, 'http://u:canary@host/canary?canary=1#canary')
    expect(act).not.toThrow('canary')
    expect(act).toThrow('http://host')
  })
})
