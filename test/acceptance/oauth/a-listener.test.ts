import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { get, type Visit } from './support/browser.ts'
import { failure, secret } from './support/canaries.ts'
import { scriptedWorld } from './support/world.ts'

/** Requests that no browser, or a hostile page, would send before the right one. */
const REFUSED: readonly (readonly [string, (visit: Visit) => string])[] = [
  ['A-05 a wrong state', (visit) => get(visit.target({ code: 'evil', state: 'wrong' }), visit.host)],
  ['A-05 no state', (visit) => get(visit.target({ code: 'evil', state: undefined }), visit.host)],
  ['A-08 the state twice', (visit) => get(`${visit.target({ code: 'evil' })}&state=${visit.state}`, visit.host)],
  [
    'A-09 an error with a wrong state, which any web page can send',
    (visit) => get(visit.target({ code: undefined, error: 'access_denied', state: 'wrong' }), visit.host),
  ],
  ['A-21 nothing, as after a fragment', (visit) => get(new URL(visit.redirectUri).pathname, visit.host)],
  ['A-35 the Host of another site', (visit) => get(visit.target({ code: 'evil' }), 'evil.example')],
  ['A-36 two Hosts', (visit) => get(visit.target({ code: 'evil' }), visit.host, 'Host: evil.example\r\n')],
  ['A-36 HTTP/1.0 without a Host', (visit) => `GET ${visit.target({ code: 'evil' })} HTTP/1.0\r\n\r\n`],
  ['A-36 the Host of another port', (visit) => get(visit.target({ code: 'evil' }), '127.0.0.1:1')],
  ['A-36 localhost', (visit) => get(visit.target({ code: 'evil' }), `localhost:${visit.port}`)],
  ['A-37 a target without scheme', (visit) => get(`//evil.example${visit.target({ code: 'evil' })}`, visit.host)],
  ['A-37 a backslash', (visit) => get(`/\\evil.example${visit.target({ code: 'evil' })}`, visit.host)],
  ['A-37 a whole URL', (visit) => get(`http://evil.example${visit.target({ code: 'evil' })}`, visit.host)],
  ['A-37 dots', (visit) => get(`/callback/..${visit.target({ code: 'evil' })}`, visit.host)],
  ['A-37 other letters', (visit) => get(visit.target({ code: 'evil' }).replace('/callback', '/CALLBACK'), visit.host)],
  ['A-37 an encoded question mark', (visit) => get(visit.target({ code: 'evil' }).replace('?', '%3F'), visit.host)],
  ['A-39 another path', (visit) => get(visit.target({ code: 'evil' }).replace('/callback', '/other'), visit.host)],
  ['A-40 the icon', (visit) => get('/favicon.ico', visit.host)],
  ['A-40 the root', (visit) => get('/', visit.host)],
  ['A-40 robots.txt', (visit) => get('/robots.txt', visit.host)],
  [
    'A-47 a question about private networks',
    (visit) =>
      `OPTIONS ${visit.target({ code: 'evil' })} HTTP/1.1\r\nHost: ${visit.host}\r\n` +
      'Origin: https://evil.example\r\nAccess-Control-Request-Private-Network: true\r\n\r\n',
  ],
]

describe('the listener of a sign-in', () => {
  it.each(REFUSED)('%s: is refused, and the right callback afterwards is taken (A-07)', async (_name, request) => {
    const world = await scriptedWorld()
    let answer = ''
    world.person = async (visit) => {
      answer = await visit.raw(request(visit))
      await visit.arrive()
    }
    await world.signIn()
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(answer.toLowerCase()).not.toContain('access-control-')
    // Neither did the flow end early, nor was anything but the right code redeemed, at the right address.
    const [redeemed, ...others] = world.service.tokenRequests
    expect(others).toEqual([])
    expect(redeemed?.get('code')).toBe(secret('code'))
    expect(redeemed?.get('redirect_uri')).toBe(world.visits[0]?.redirectUri)
  })

  it('A-31 is bound to 127.0.0.1 and nothing else, and says so in the redirect URI', async () => {
    const world = await scriptedWorld()
    let isFreeElsewhere = false
    world.person = async (visit) => {
      expect(new URL(visit.redirectUri).hostname).toBe('127.0.0.1')
      // Would fail if the wildcard address were bound.
      await listen(createServer(), '127.0.0.2', visit.port)
      isFreeElsewhere = true
      await visit.arrive()
    }
    await world.signIn()
    expect(isFreeElsewhere).toBe(true)
  })

  it('A-32 on a port that is demanded and taken says so, and looks for no other', async () => {
    const port = await listen(createServer(), '127.0.0.1')
    const world = await scriptedWorld({ oauth: { redirectUri: `http://127.0.0.1:${port}/callback` } })
    const error = await failure(world.signIn())
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', reason: 'port_in_use' })
    expect(error.message).toContain(String(port))
    expect(world.visits).toEqual([])
  })

  it('A-33 for localhost refuses when another program has the port on the other family', async () => {
    const port = await listen(createTcpServer(), '::1')
    const world = await scriptedWorld({ oauth: { redirectUri: `http://localhost:${port}/callback` } })
    expect(await failure(world.signIn())).toMatchObject({ code: 'ERR_UNSUPPORTED', reason: 'port_in_use' })
    expect(world.visits).toEqual([])
  })

  it('A-41 redeems one code when the callback arrives twice at once, and shows both a page', async () => {
    const world = await scriptedWorld()
    let answers: string[] = []
    world.person = async (visit) => {
      const request = get(visit.target(), visit.host)
      answers = await Promise.all([visit.raw(request), visit.raw(request)])
      await visit.raw(get('/callback/done', visit.host))
    }
    await world.signIn()
    expect(world.service.tokenRequests).toHaveLength(1)
    expect(answers.map((answer) => answer.slice(9, 12)).sort()).toEqual(['200', '303'])
  })

  it('A-43 answers fixed bytes under strict headers, whatever the request says', async () => {
    const world = await scriptedWorld()
    const answers: string[] = []
    world.person = async (visit) => {
      for (const error of ['<script>alert(1)</script>', 'x']) {
        answers.push(await visit.raw(get(visit.target({ code: undefined, error, state: 'wrong' }), visit.host)))
      }
      await visit.raw(get(visit.target(), visit.host))
      answers.push(await visit.raw(get('/callback/done', visit.host)))
    }
    await world.signIn()
    for (const answer of answers) {
      const head = answer.toLowerCase().split('\r\n\r\n')[0] ?? ''
      expect(head).toContain("content-security-policy: default-src 'none';")
      expect(head).toContain('referrer-policy: no-referrer')
      expect(head).toContain('cache-control: no-store')
      expect(head).toContain('x-content-type-options: nosniff')
      expect(head).toContain('connection: close')
      expect(head).not.toContain('access-control-')
      expect(answer).not.toContain('<script')
    }
    const [wrong, alsoWrong] = answers.map((answer) => answer.split('\r\n\r\n')[1])
    expect(wrong).toBe(alsoWrong)
  })

  it('A-44 sends the browser to a path without the code', async () => {
    const world = await scriptedWorld()
    let page: Response | undefined
    world.person = async (visit) => {
      const first = await visit.raw(get(visit.target(), visit.host))
      expect(first).toMatch(/^HTTP\/1\.1 303 /)
      page = await fetch(new URL(/\r\nlocation: (\S+)/i.exec(first)?.[1] ?? '', visit.redirectUri))
    }
    await world.signIn()
    expect(page?.status).toBe(200)
    expect(new URL(page?.url ?? '').search).toBe('')
  })

  it('A-45 takes a callback of 20 KB, and answers one that is far too long', async () => {
    const world = await scriptedWorld()
    let answer = ''
    world.person = async (visit) => {
      answer = await visit.raw(get(`${visit.target()}&more=${'x'.repeat(100_000)}`, visit.host))
      await visit.arrive({ more: 'x'.repeat(20_000) })
    }
    await world.signIn()
    expect(answer).toMatch(/^HTTP\/1\.1 431 /)
    expect(world.service.tokenRequests).toHaveLength(1)
  })
})

/** Takes a port until the test is over. */
async function listen(server: Server | ReturnType<typeof createTcpServer>, host: string, port = 0): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return (server.address() as AddressInfo).port
}
