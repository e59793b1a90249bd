import { openTestManager } from '@accountry/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { send, sendBytes, type Visitor } from './support/http-client.ts'
import { openWorld, type World } from './support/world.ts'

let world: World
let visitor: Visitor

beforeAll(async () => {
  world = await openWorld()
  visitor = await world.visit()
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

/** What a request of the page itself looks like. */
function good(): Record<string, string> {
  return { Cookie: visitor.cookie, Origin: visitor.origin, 'Content-Type': 'application/json' }
}

function without(name: string): Record<string, string> {
  const { [name]: _dropped, ...rest } = good()
  return rest
}

describe('a request that only the page itself can send', () => {
  it('is answered', async () => {
    expect((await visitor.get('api/overview')).status).toBe(200)
    expect((await visitor.post('set-master-sync', { on: true })).status).toBe(200)
  })
})

describe('a change', () => {
  const changes: [string, () => Record<string, string>, number][] = [
    ['without a session', () => without('Cookie'), 403],
    ['with a session that was never given', () => ({ ...good(), Cookie: 'accountry-settings=guess' }), 403],
    ['with an empty session', () => ({ ...good(), Cookie: 'accountry-settings=' }), 403],
    ['without an origin', () => without('Origin'), 403],
    ['from another origin', () => ({ ...good(), Origin: 'https://evil.example' }), 403],
    ['from another port of this machine', () => ({ ...good(), Origin: 'http://127.0.0.1:1' }), 403],
    [
      'from localhost, which is another origin',
      () => ({ ...good(), Origin: visitor.origin.replace('127.0.0.1', 'localhost') }),
      403,
    ],
    ['from an origin that has none, such as a file', () => ({ ...good(), Origin: 'null' }), 403],
    ['that a browser calls cross-site', () => ({ ...good(), 'Sec-Fetch-Site': 'cross-site' }), 403],
    ['that a browser calls same-site: another port', () => ({ ...good(), 'Sec-Fetch-Site': 'same-site' }), 403],
    ['from a form', () => ({ ...good(), 'Content-Type': 'application/x-www-form-urlencoded' }), 415],
    ['from a form that calls its text JSON', () => ({ ...good(), 'Content-Type': 'text/plain' }), 415],
    ['without a content type', () => without('Content-Type'), 415],
    ['for another host name (DNS rebinding)', () => ({ ...good(), Host: 'evil.example' }), 421],
    ['for localhost', () => ({ ...good(), Host: `localhost:${new URL(visitor.origin).port}` }), 421],
    ['for another port', () => ({ ...good(), Host: '127.0.0.1:1' }), 421],
  ]

  it.each(changes)('%s is refused', async (_name, headers, status) => {
    const url = new URL('api/set-master-sync', visitor.base)
    const answer = await send(url, { method: 'POST', headers: headers(), body: '{"on":false}' })
    expect(answer.status).toBe(status)
    expect(await world.sync.getMasterSyncAutomatically()).toBe(true)
  })

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])('by %s does nothing', async (method) => {
    const answer = await send(new URL('api/set-master-sync', visitor.base), { method, headers: good() })
    expect(answer.status).toBe(method === 'GET' ? 404 : 405)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(await world.sync.getMasterSyncAutomatically()).toBe(true)
  })

  it('that is too long is refused, whether it says so or not', async () => {
    const text = JSON.stringify({ on: false, padding: 'x'.repeat(20_000) })
    const url = new URL('api/set-master-sync', visitor.base)
    const told = await send(url, {
      method: 'POST',
      headers: { ...good(), 'Content-Length': String(text.length) },
      body: text,
    })
    expect(told.status).toBe(413)
    const chunked = await send(url, {
      method: 'POST',
      headers: { ...good(), 'Transfer-Encoding': 'chunked' },
      body: text,
    })
    expect(chunked.status).toBe(413)
    expect(chunked.headers['connection']).toBe('close')
    expect(await world.sync.getMasterSyncAutomatically()).toBe(true)
  })

  it.each([
    ['no JSON', 'on=false'],
    ['a list', '[]'],
    ['nothing', ''],
    ['null', 'null'],
    ['a wrong type', '{"on":"no"}'],
    ['a field that is missing', '{}'],
    ['a prototype instead of a field', '{"__proto__":{"on":false}}'],
  ])('with %s is a bad request, and says nothing of what it held', async (_name, body) => {
    const url = new URL('api/set-master-sync', visitor.base)
    const answer = await send(url, { method: 'POST', headers: good(), body })
    expect(answer.status).toBe(400)
    expect((JSON.parse(answer.body) as { error: { code: string } }).error.code).toBe('ERR_BAD_REQUEST')
    expect(await world.sync.getMasterSyncAutomatically()).toBe(true)
  })
})

describe('a look', () => {
  const base = (): string => visitor.base.pathname
  const targets: [string, () => string, number][] = [
    ['at the root', () => '/', 404],
    ['beside the base', () => '/api/overview', 404],
    ['at another base', () => `${base().slice(0, -2)}/api/overview`, 404],
    ['out of the base', () => `${base()}../../etc/passwd`, 404],
    ['out of the base, encoded', () => `${base()}%2e%2e/%2e%2e/etc/passwd`, 404],
    ['at a file of the package', () => `${base()}page/main.tsx`, 404],
    ['at the files of the page, as a folder', () => `${base()}page.js/`, 404],
    ['with two slashes in front', () => `/${base()}api/overview`, 400],
    ['with a backslash', () => `/\\evil.example${base()}api/overview`, 400],
    ['in absolute form', () => `http://evil.example${base()}api/overview`, 400],
    ['in upper case', () => `${base()}API/OVERVIEW`, 404],
    ['at an action', () => `${base()}api/lock`, 404],
    ['at what every object has', () => `${base()}api/constructor`, 404],
  ]

  it.each(targets)('%s finds nothing', async (_name, target, status) => {
    const { host } = visitor.base
    const head = `GET ${target()} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${visitor.cookie}\r\nConnection: close\r\n\r\n`
    expect(await sendBytes(visitor.origin, head)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it.each([
    ['two hosts', (host: string) => `GET ${base()} HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\n`],
    ['no host', () => `GET ${base()} HTTP/1.0\r\n`],
  ])('with %s is refused', async (_name, head) => {
    const text = `${head(visitor.base.host)}Cookie: ${visitor.cookie}\r\nConnection: close\r\n\r\n`
    expect(await sendBytes(visitor.origin, text)).toMatch(/^HTTP\/1.1 4(?:00|21) /)
  })

  it.each(['api/overview', 'api/account?id=x', 'api/events', 'type-icon?type=com.example', 'api/nothing'])(
    'at %s without a session is refused',
    async (path) => {
      const answer = await send(new URL(path, visitor.base))
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 403, body: '403\n' })
    },
  )

  it.each(['iframe', 'script', 'image', 'empty'])('at the page as %s is refused', async (destination) => {
    expect((await visitor.get('', { 'Sec-Fetch-Dest': destination })).status).toBe(403)
  })

  it('by another site is refused, also at what a browser would send the cookie to', async () => {
    expect((await visitor.get('api/overview', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403)
    expect((await visitor.get('api/overview', { Origin: 'https://evil.example' })).status).toBe(403)
  })
})

describe('every answer', () => {
  it.each(['', 'api/overview', 'page.js', 'page.css', 'icon.svg', 'nothing', 'open?token=wrong'])(
    'at "%s" carries the headers that protect it',
    async (path) => {
      const { headers } = await visitor.get(path)
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-resource-policy': 'same-origin',
      })
      const policy = String(headers['content-security-policy']).split('; ')
      expect(policy).toEqual(
        expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"]),
      )
      expect(policy.join()).not.toContain('unsafe')
    },
  )
})

describe('the port', () => {
  it('is bound on the literal loopback address only', async () => {
    expect(world.page.url.hostname).toBe('127.0.0.1')
    const { port } = world.page.url
    await expect(send(new URL(`http://127.0.0.2:${port}/`))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(send(new URL(`http://[::1]:${port}/`))).rejects.toMatchObject({
      code: /ECONNREFUSED|EADDRNOTAVAIL|EAFNOSUPPORT/,
    })
  })

  it('that is taken is said, and no other one is tried', async () => {
    await using other = await openTestManager()
    const { openSettingsPage } = await import('@accountry/settings')
    const port = Number(world.page.url.port)
    await expect(openSettingsPage({ accounts: other.manager, port })).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      reason: 'port_in_use',
    })
  })
})
