import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type LoopbackListener, type LoopbackRedirect, openLoopbackListener } from '../src/loopback-listener.ts'
import { errorOf, recordingLog } from './context.ts'

const STATE = 'the-state-0123456789'
const anyPort: LoopbackRedirect = { host: '127.0.0.1', port: 0, path: '/cb' }
const opened: LoopbackListener[] = []
const log = recordingLog()

afterEach(async () => {
  for (const listener of opened.splice(0)) {
    // As a browser does after the redirect; without it close() waits a second for the browser.
    await fetch(`${listener.redirectUri.replace(/\/$/, '')}/done`).catch(() => undefined)
    await listener.close()
  }
})

async function open(redirect: LoopbackRedirect = anyPort) {
  const listener = await openLoopbackListener({ redirect, state: STATE, log })
  opened.push(listener)
  const { port, host } = new URL(listener.redirectUri)
  expect(await isSettled(listener)).toBe(false)
  return { listener, port: Number(port), host, isSettled: () => isSettled(listener) }
}

async function isSettled(listener: LoopbackListener): Promise<boolean> {
  let settled = false
  void listener.callback.then(() => {
    settled = true
  })
  // A macrotask lets a callback that has just arrived settle first.
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

/** Writes bytes as no browser would, and reads everything up to the end of the connection. */
function raw(port: number, text: string, address = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ port, host: address }, () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer))
    socket.on('close', () => resolve(answer))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(answer) : reject(error),
    )
  })
}

const get = (target: string, host: string, extra = '') => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${extra}\r\n`
const good = `/cb?code=C&state=${STATE}`

describe('the loopback listener', () => {
  it('listens on 127.0.0.1 only and advertises what it bound (A-31)', async () => {
    const { listener, port } = await open()
    expect(listener.redirectUri).toBe(`http://127.0.0.1:${port}/cb`)
    const other = createTcpServer()
    // Would be EADDRINUSE if the wildcard address were bound.
    await new Promise<void>((resolve, reject) => other.once('error', reject).listen(port, '127.0.0.2', resolve))
    await new Promise((resolve) => other.close(resolve))
  })

  it.each([
    ['another host (A-35)', (h: string) => get(good, 'evil.com').replace('HOST', h)],
    ['two Host headers (A-36)', (h: string) => get(good, h, 'Host: evil.com\r\n')],
    ['HTTP/1.0 without Host (A-36)', () => `GET ${good} HTTP/1.0\r\n\r\n`],
    ['another port in Host (A-36)', () => get(good, '127.0.0.1:1')],
    ['localhost for a literal address (A-36)', (h: string) => get(good, h.replace('127.0.0.1', 'localhost'))],
    ['a scheme-relative target (A-37)', (h: string) => get(`//evil.com${good}`, h)],
    ['a backslash target (A-37)', (h: string) => get(`/\\evil.com${good}`, h)],
    ['an absolute target (A-37)', (h: string) => get(`http://evil.com${good}`, h)],
    ['an absolute target with our host (A-37)', (h: string) => get(`http://${h}${good}`, h)],
    ['dots in the path (A-37)', (h: string) => get(`/cb/..${good}`, h)],
    ['another letter case (A-37)', (h: string) => get(`/CB?code=C&state=${STATE}`, h)],
    ['an encoded question mark (A-37)', (h: string) => get(`/cb%3Fcode=C&state=${STATE}`, h)],
    ['another path (A-39)', (h: string) => get(`/other?code=C&state=${STATE}`, h)],
    ['a longer path', (h: string) => get(`/cb/?code=C&state=${STATE}`, h)],
    ['the icon (A-40)', (h: string) => get('/favicon.ico', h)],
    ['the root (A-40)', (h: string) => get('/', h)],
    ['robots.txt (A-40)', (h: string) => get('/robots.txt', h)],
    ['a wrong state (A-05)', (h: string) => get('/cb?code=C&state=wrong', h)],
    ['the state twice (A-08)', (h: string) => get(`${good}&state=${STATE}`, h)],
    ['an error with a wrong state (A-09)', (h: string) => get('/cb?error=access_denied&state=wrong', h)],
    ['no parameters, as after a fragment (A-21)', (h: string) => get('/cb', h)],
    ['POST (A-38)', (h: string) => `POST ${good} HTTP/1.1\r\nHost: ${h}\r\nContent-Length: 0\r\n\r\n`],
    ['HEAD', (h: string) => get(good, h).replace('GET', 'HEAD')],
    [
      'OPTIONS for a private network (A-47)',
      (h: string) =>
        `OPTIONS ${good} HTTP/1.1\r\nHost: ${h}\r\nOrigin: https://evil.com\r\nAccess-Control-Request-Private-Network: true\r\n\r\n`,
    ],
    ['a script (LB-13)', (h: string) => get(good, h, 'Sec-Fetch-Dest: script\r\n')],
    ['a prefetch', (h: string) => get(good, h, 'Sec-Purpose: prefetch\r\n')],
    ['something that is not HTTP', () => 'hello\r\n\r\n'],
  ])('answers %s with a refusal and goes on waiting', async (_name, request) => {
    const { port, host, isSettled } = await open()
    const answer = await raw(port, request(host))
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(answer.toLowerCase()).not.toContain('access-control-allow')
    expect(await isSettled()).toBe(false)
    await raw(port, get(good, host))
    expect(await isSettled()).toBe(true)
  })

  it('hands over the parameters of the callback with the right state', async () => {
    const { listener, port, host } = await open()
    await raw(port, get(`${good}&iss=https%3A%2F%2Fas.example`, host, 'Sec-Fetch-Dest: document\r\n'))
    expect(Object.fromEntries(await listener.callback)).toEqual({ code: 'C', state: STATE, iss: 'https://as.example' })
  })

  it('sends the browser to a clean path, so that the code leaves the history (A-44)', async () => {
    const { port, host } = await open()
    const answer = await raw(port, get(good, host))
    expect(answer).toMatch(/^HTTP\/1\.1 303 /)
    expect(answer).toMatch(/\r\nlocation: \/cb\/done\r\n/i)
    expect(await raw(port, get('/cb/done', host))).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('takes the first of two callbacks and shows the other the last page (A-41)', async () => {
    const { listener, port, host } = await open()
    const answers = await Promise.all([raw(port, get(good, host)), raw(port, get(`/cb?code=D&state=${STATE}`, host))])
    expect(answers.map((answer) => answer.slice(9, 12)).sort()).toEqual(['200', '303'])
    expect((await listener.callback).getAll('code')).toHaveLength(1)
  })

  it('shows fixed bytes: nothing of the request is repeated, nothing may run (A-42, A-43)', async () => {
    const { port, host } = await open()
    const bodies = new Set<string>()
    for (const text of ['<script>alert(1)</script>', 'x']) {
      const answer = await raw(port, get(`/cb?error=${encodeURIComponent(text)}&state=wrong`, host))
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      bodies.add(body)
      expect(head.toLowerCase()).toContain("content-security-policy: default-src 'none';")
      for (const header of [
        'referrer-policy: no-referrer',
        'cache-control: no-store',
        'x-content-type-options: nosniff',
        'connection: close',
        'cross-origin-opener-policy: same-origin',
        'content-type: text/html; charset=utf-8',
      ]) {
        expect(head.toLowerCase()).toContain(header)
      }
      expect(body).not.toContain('<script')
    }
    expect(bodies.size).toBe(1)
  })

  it('takes a callback of 20 KB (A-45)', async () => {
    const { port, host, isSettled } = await open()
    await raw(port, get(`${good}&extra=${'x'.repeat(20_000)}`, host))
    expect(await isSettled()).toBe(true)
  })

  it('answers a callback of 100 KB and goes on waiting (A-45)', async () => {
    const { port, host, isSettled } = await open()
    expect(await raw(port, get(`${good}&extra=${'x'.repeat(100_000)}`, host))).toMatch(/^HTTP\/1\.1 431 /)
    expect(await isSettled()).toBe(false)
  })

  it('frees its port although a connection says nothing (A-34)', async () => {
    const { listener, port } = await open()
    const silent = connect({ port, host: '127.0.0.1' })
    await new Promise((resolve) => silent.once('connect', resolve))
    const closed = new Promise((resolve) => silent.once('close', resolve))
    silent.on('error', () => undefined)
    await listener.close()
    await closed
    await expect(raw(port, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('never logs a parameter (LB-14)', async () => {
    const { port, host } = await open()
    await raw(port, get('/cb?code=leaky&state=leaky', host))
    await raw(port, get(`/cb?code=leaky&state=${STATE}`, host))
    expect(JSON.stringify(log.records)).not.toContain('leaky')
    expect(JSON.stringify(log.records)).not.toContain(STATE)
  })

  it('tells two sign-ins apart (A-29)', async () => {
    const first = await open()
    const second = await openLoopbackListener({ redirect: anyPort, state: 'another-state', log })
    opened.push(second)
    const { port, host } = new URL(second.redirectUri)
    await raw(Number(port), get(good, host))
    await raw(first.port, get('/cb?code=C&state=another-state', first.host))
    expect(await isSettled(second)).toBe(false)
    expect(await first.isSettled()).toBe(false)
  })

  it('does not look for another port when the one that is demanded is taken (A-32)', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const error = await errorOf(openLoopbackListener({ redirect: { ...anyPort, port }, state: STATE, log }))
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', reason: 'port_in_use' })
    expect(error.message).toContain(String(port))
    await new Promise((resolve) => other.close(resolve))
  })

  it('refuses localhost when another program holds the port on the other family (A-33)', async () => {
    const other = createTcpServer()
    await new Promise<void>((resolve) => other.listen(0, '::1', resolve))
    const { port } = other.address() as AddressInfo
    const redirect: LoopbackRedirect = { host: 'localhost', port, path: '/cb' }
    const error = await errorOf(openLoopbackListener({ redirect, state: STATE, log }))
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', reason: 'port_in_use' })
    await new Promise((resolve) => other.close(resolve))
  })

  it('answers localhost on both families (LB-03)', async () => {
    const { port, host, isSettled, listener } = await open({ host: 'localhost', port: 0, path: '/' })
    expect(listener.redirectUri).toBe(`http://localhost:${port}/`)
    expect(await raw(port, get(`/?state=x`, host), '127.0.0.1')).toMatch(/^HTTP\/1\.1 400 /)
    await raw(port, get(`/?code=C&state=${STATE}`, host), '::1')
    expect(await isSettled()).toBe(true)
  })
})
