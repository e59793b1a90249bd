import { describe, expect, it } from 'vitest'
import { discoverMetadata, metadataUrls } from '../src/discovery.ts'
import { isLocalAddress, parseEndpoint } from '../src/endpoint-url.ts'
import { readServerMetadata } from '../src/server-metadata.ts'
import { errorOf, testContext } from './context.ts'

const scene = { label: 'Example', doing: 'testing' }
const ISSUER = 'https://as.example'
const good = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` }

type Pages = Record<string, object | number | string | Error>

/** A server whose pages are given by path; everything else is 404. */
function pagesOf(pages: Pages): { asked: string[]; fetching: typeof fetch } {
  const asked: string[] = []
  const fetching = async (input: string | URL | Request) => {
    const { pathname } = new URL(String(input))
    asked.push(pathname)
    const page = pages[pathname] ?? 404
    if (page instanceof Error) throw page
    if (typeof page === 'number') return new Response('', { status: page })
    return new Response(typeof page === 'string' ? page : JSON.stringify(page))
  }
  return { asked, fetching: fetching as typeof fetch }
}

function discovery(issuer: string, pages: Pages) {
  const { asked, fetching } = pagesOf(pages)
  return { asked, find: () => discoverMetadata({ issuer }).find(testContext({ fetch: fetching }), scene) }
}

describe('discovery', () => {
  it('asks where OpenID Connect and RFC 8414 put the document', () => {
    const paths = (issuer: string) => metadataUrls(issuer).map(({ pathname }) => pathname)
    expect(paths('https://as.example')).toEqual([
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
    ])
    expect(paths('https://as.example/')).toEqual(paths('https://as.example'))
    expect(paths('https://as.example/t1')).toEqual([
      '/t1/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/t1',
      '/.well-known/openid-configuration/t1',
    ])
  })

  it.each([404, 403, 500])('goes on after %d (DS-02)', async (status) => {
    const { find } = discovery(ISSUER, {
      '/.well-known/openid-configuration': status,
      '/.well-known/oauth-authorization-server': good,
    })
    expect((await find()).metadata.token_endpoint).toBe(`${ISSUER}/token`)
  })

  it.each([
    ['another origin (F-01)', 'https://evil.example'],
    ['a final slash (F-02)', `${ISSUER}/`],
    ['another letter case (F-02)', 'https://AS.example'],
    ['the default port (F-02)', `${ISSUER}:443`],
  ])('stops at a document that names %s, and asks no further (F-04)', async (_name, issuer) => {
    const { find, asked } = discovery(ISSUER, {
      '/.well-known/openid-configuration': { ...good, issuer },
      '/.well-known/oauth-authorization-server': good,
    })
    expect(await errorOf(find())).toMatchObject({ code: 'ERR_MISCONFIGURED', reason: 'issuer_mismatch' })
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['no such page', {}, 'ERR_MISCONFIGURED', undefined],
    ['a redirect (F-08)', { '/.well-known/openid-configuration': 302 }, 'ERR_SERVER', 'redirect'],
    ['a page for people', { '/.well-known/openid-configuration': '<html>' }, 'ERR_SERVER', 'captive_portal'],
    [
      'a server that is down',
      { '/.well-known/openid-configuration': 503, '/.well-known/oauth-authorization-server': 503 },
      'ERR_SERVER',
      'server',
    ],
  ])('fails for %s', async (_name, pages, code, reason) => {
    const error = await errorOf(discovery(ISSUER, pages as never).find())
    expect({ code: error.code, reason: error.reason }).toEqual({ code, reason })
  })

  it('asks once for several callers of one moment', async () => {
    const { asked, fetching } = pagesOf({ '/.well-known/openid-configuration': good })
    const own = discoverMetadata({ issuer: ISSUER })
    const find = () => own.find(testContext({ fetch: fetching }), scene)
    await Promise.all([find(), find(), find()])
    expect(asked).toHaveLength(1)
  })

  it('asks again for itself when the caller it had joined gave up', async () => {
    const own = discoverMetadata({ issuer: ISSUER })
    const impatient = new AbortController()
    const never: typeof fetch = (_input, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)))
    const first = own.find(testContext({ fetch: never, signal: impatient.signal }), scene)
    const { fetching } = pagesOf({ '/.well-known/openid-configuration': good })
    const second = own.find(testContext({ fetch: fetching }), scene)
    impatient.abort()
    expect((await errorOf(first)).code).toBe('ERR_ABORTED')
    expect((await second).metadata.issuer).toBe(ISSUER)
  })

  it.each<[string, number, object | number, 'kept' | 'asked' | 'fails']>([
    ['a copy of half an hour ago without asking', 30 * 60_000, good, 'kept'],
    ['the server before a copy of two hours ago', 2 * 3_600_000, good, 'asked'],
    ['a copy of two hours ago while the server is down (F-09)', 2 * 3_600_000, 503, 'kept'],
    ['a copy of two hours ago while the page is gone', 2 * 3_600_000, 404, 'kept'],
    ['no copy of yesterday', 25 * 3_600_000, 503, 'fails'],
    ['no copy from the future', -60_000, 503, 'fails'],
    [
      'no copy while the server names another issuer',
      2 * 3_600_000,
      { ...good, issuer: 'https://evil.example' },
      'fails',
    ],
  ])('believes %s', async (_name, ageMs, page, expected) => {
    const { fetching } = pagesOf({
      '/.well-known/openid-configuration': page,
      '/.well-known/oauth-authorization-server': page,
    })
    const context = testContext({ fetch: fetching })
    const metadata = { issuer: ISSUER, token_endpoint: `${ISSUER}/kept` }
    const finding = discoverMetadata({ issuer: ISSUER }).find(context, scene, {
      metadata,
      at: context.clock.now() - ageMs,
    })
    if (expected === 'fails') await errorOf(finding)
    else
      expect((await finding).metadata.token_endpoint).toBe(expected === 'kept' ? `${ISSUER}/kept` : `${ISSUER}/token`)
  })

  it('does not believe a copy of another issuer', async () => {
    const { fetching } = pagesOf({ '/.well-known/openid-configuration': good })
    const metadata = { issuer: 'https://other.example', token_endpoint: 'https://other.example/token' }
    const context = testContext({ fetch: fetching })
    const found = await discoverMetadata({ issuer: ISSUER }).find(context, scene, { metadata, at: context.clock.now() })
    expect(found.metadata.issuer).toBe(ISSUER)
  })

  it('never calls a failure ambiguous: no credential was sent', async () => {
    const reset = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })
    const { find } = discovery(ISSUER, { '/.well-known/openid-configuration': reset })
    expect(await errorOf(find())).toMatchObject({ code: 'ERR_NETWORK', reason: 'offline' })
  })
})

describe('metadata', () => {
  it.each([
    ['http://as.example/token', /http on a host/],
    ['http://localhost/token', /http on a host/],
    ['https://user:pw@as.example/token', /user name/],
    ['https://as.example/token#x', /fragment/],
    ['javascript:alert(1)', /scheme/],
    ['file:///etc/passwd', /scheme/],
    ['https://169.254.169.254/token', /local network/],
    ['https://10.0.0.1/token', /local network/],
    ['https://[::1]/token', /local network/],
    ['https://[fd00::1]/token', /local network/],
    ['http://127.0.0.1/token', /local network/],
    ['https://[64:ff9b::a00:1]/token', /local network/],
    ['https://[::ffff:10.0.0.1]/token', /local network/],
    ['https://2130706433/token', /local network/],
    ['https://224.0.0.1/token', /local network/],
    ['https://255.255.255.255/token', /local network/],
    ['https://metadata.google.internal/token', /local network/],
    ['https://printer.local/token', /local network/],
    ['https://localhost./token', /local network/],
    ['https://intranet/token', /local network/],
    ['not a url', /not a URL/],
    [7, /not a string/],
  ])('is refused for the endpoint %s (F-05, DS-03)', (endpoint, why) => {
    expect(readServerMetadata({ ...good, token_endpoint: endpoint })).toMatch(why)
  })

  it('may name local endpoints when the issuer is local itself', () => {
    const issuer = 'http://127.0.0.1:1234'
    expect(readServerMetadata({ issuer, token_endpoint: `${issuer}/token` })).toMatchObject({ issuer })
  })

  it('is copied by name: nothing else of a document gets in', () => {
    const document = JSON.parse(
      `{"issuer":"${ISSUER}","__proto__":{"token_endpoint":"https://evil.example"},"x":1,"scopes_supported":["a",7]}`,
    )
    expect(readServerMetadata(document)).toEqual({ issuer: ISSUER, scopes_supported: ['a'] })
  })
})

describe('endpoints', () => {
  it.each(['https://as.example/token?key=1', 'http://127.0.0.1:8080/token', 'http://[::1]/token'])(
    'accepts %s',
    (url) => {
      expect(parseEndpoint(url)).toBeInstanceOf(URL)
    },
  )

  it.each([
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '127.9.9.9',
    '169.254.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '[::1]',
    '[fe80::1]',
    '[fc00::1]',
    '[::ffff:10.0.0.1]',
    'localhost',
    'a.localhost',
  ])('knows that %s is local', (host) => {
    expect(isLocalAddress(new URL(`https://${host}/`).hostname)).toBe(true)
  })

  it.each(['8.8.8.8', '172.32.0.1', 'as.example', '[2001:db8::1]'])('knows that %s is not', (host) => {
    expect(isLocalAddress(new URL(`https://${host}/`).hostname)).toBe(false)
  })
})
