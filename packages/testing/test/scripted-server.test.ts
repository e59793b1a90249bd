import { X509Certificate } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { CertificateAuthority, type ScriptedServer, startScriptedServer } from '@accountry/testing'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'

let server: ScriptedServer

beforeEach(async () => {
  server = await startScriptedServer()
  return () => server.close()
})

const ask = async (path = '/', init: RequestInit = {}): Promise<Response> =>
  await fetch(`${server.origin}${path}`, init)

describe('what is answered', () => {
  test('comes from the queue first, then from the path whose last answer stays, then from always', async () => {
    server.next({ status: 201 })
    server.on('/token', { status: 202 }, { status: 203 })
    const asked: number[] = []
    for (const path of ['/token', '/token?x=1', '/token', '/token', '/else']) asked.push((await ask(path)).status)
    expect(asked).toEqual([201, 202, 203, 203, 404])
    server.always = ({ method }) => ({ status: method === 'PUT' ? 500 : 204 })
    expect([(await ask('/else')).status, (await ask('/else', { method: 'PUT' })).status]).toEqual([204, 500])
  })

  test('has any status, headers, bytes or JSON', async () => {
    server.next({ status: 429, headers: { 'retry-after': '5', 'set-cookie': ['a=1', 'b=2'] }, rawBody: 'slow' })
    const raw = await ask()
    expect([raw.status, raw.headers.get('retry-after'), raw.headers.getSetCookie()]).toEqual([429, '5', ['a=1', 'b=2']])
    expect(await raw.text()).toBe('slow')
    server.next({ json: { expires_in: null } })
    const json = await ask()
    expect(json.headers.get('content-type')).toBe('application/json')
    expect(await json.json()).toEqual({ expires_in: null })
    server.next({ rawBody: Uint8Array.of(0, 255) })
    expect([...(await (await ask()).bytes())]).toEqual([0, 255])
  })

  test('can wait until it is let go', async () => {
    const { promise: hold, resolve: release } = Promise.withResolvers<void>()
    server.next({ hold, status: 204 })
    let answered = false
    const answer = ask().finally(() => {
      answered = true
    })
    await vi.waitFor(() => expect(server.requests).toHaveLength(1))
    expect(answered).toBe(false)
    release()
    expect((await answer).status).toBe(204)
  })

  test('can be late, and nobody waits for a client that is gone', async () => {
    server.next({ delayMs: 1, status: 204 }, { delayMs: 600_000 })
    expect((await ask()).status).toBe(204)
    const controller = new AbortController()
    const answer = ask('/', { signal: controller.signal })
    await vi.waitFor(() => expect(server.requests).toHaveLength(2))
    controller.abort()
    await expect(answer).rejects.toThrow('aborted')
  })
})

describe('connections that break', () => {
  test('before the headers', async () => {
    server.next({ destroySocket: 'beforeHeaders' })
    await expect(ask()).rejects.toThrow('fetch failed')
    expect(server.requests).toHaveLength(1)
  })

  test('in the middle of the body, or after so many bytes', async () => {
    server.next(
      { destroySocket: 'midBody', json: { access_token: 'never whole' } },
      { cutAfterBytes: 3, rawBody: '{"a":1}' },
    )
    for (const _ of [1, 2]) {
      const answer = await ask()
      expect(answer.status).toBe(200)
      await expect(answer.text()).rejects.toThrow()
    }
  })

  test('never, for a body that does not end', async () => {
    server.next({ neverEnd: true, rawBody: 'first ' }, { endless: true, rawBody: 'again ' })
    const open = await ask()
    const reader = open.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first ')
    await reader?.cancel()

    const endless = (await ask()).body?.getReader()
    let bytes = 0
    while (bytes < 1_048_576) bytes += (await endless?.read())?.value?.length ?? 0
    await endless?.cancel()
    expect(bytes).toBeGreaterThanOrEqual(1_048_576)
  })

  test('after bytes that are no HTTP', async () => {
    server.next({ rawResponse: 'HTTP/1.1 200 OK\r\nbad header line\r\n\r\n' })
    await expect(ask()).rejects.toThrow('fetch failed')
  })

  test('when it closes, whatever hangs', async () => {
    const other = await startScriptedServer()
    other.next({ neverEnd: true })
    const answer = await fetch(other.origin)
    await other.close()
    await expect(answer.text()).rejects.toThrow()
  })
})

test('requests are recorded with method, path, headers and body, and connections are counted', async () => {
  expect(server.connections).toBe(0)
  await ask('/token?x=1', { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token' }) })
  expect(server.requestsTo('/token')).toMatchObject([
    {
      method: 'POST',
      path: '/token?x=1',
      body: 'grant_type=refresh_token',
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
    },
  ])
  expect(server.connections).toBe(1)
})

test.skipIf(process.platform !== 'linux')('a second origin can be another loopback address', async () => {
  await using other = await startScriptedServer({ host: '127.0.0.2' })
  expect(other.origin).toMatch(/^http:\/\/127\.0\.0\.2:/)
  expect((await fetch(other.origin)).status).toBe(404)
  expect(server.requests).toHaveLength(0)
})

describe('over TLS', () => {
  async function askTls(origin: string, ca: string | undefined): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
    const request = httpsRequest(origin, { ca, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    })
    request.once('error', reject).end()
    return await promise
  }

  async function started(
    tls: 'valid' | 'expired' | 'wrong-host',
    authority?: CertificateAuthority,
  ): Promise<ScriptedServer> {
    const other = await startScriptedServer({ tls, ...(authority && { authority }) })
    onTestFinished(() => other.close())
    return other
  }

  test('a valid certificate is accepted by who trusts its authority, and by nobody else', async () => {
    const secure = await started('valid')
    expect(secure.origin).toMatch(/^https:/)
    expect(await askTls(secure.origin, secure.ca)).toBe(404)
    const stranger = new CertificateAuthority()
    await expect(askTls(secure.origin, stranger.cert)).rejects.toMatchObject({
      code: expect.stringMatching(/SIGNATURE|ISSUER/),
    })
  })

  test('an ended certificate and one for another host are refused for just that', async () => {
    const authority = new CertificateAuthority()
    const expired = await started('expired', authority)
    const wrong = await started('wrong-host', authority)
    await expect(askTls(expired.origin, authority.cert)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' })
    await expect(askTls(wrong.origin, authority.cert)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(expired.requests).toHaveLength(0)
  })

  test('certificates say what they were issued for', () => {
    const authority = new CertificateAuthority()
    const ca = new X509Certificate(authority.cert)
    const { cert, key } = authority.issue({ hosts: ['localhost', '127.0.0.1'], notAfterAt: Date.UTC(2049, 0, 1) })
    const issued = new X509Certificate(cert)
    expect(ca.ca).toBe(true)
    expect(issued.ca).toBe(false)
    expect(issued.checkIssued(ca)).toBe(true)
    expect(issued.verify(ca.publicKey)).toBe(true)
    expect(issued.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1')
    expect(issued.validToDate).toEqual(new Date(Date.UTC(2049, 0, 1)))
    expect(key).toContain('PRIVATE KEY')
    expect(() => authority.issue({ hosts: ['::1'] })).toThrow(RangeError)
  })
})
