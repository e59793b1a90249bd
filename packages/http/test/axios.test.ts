import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { authorizeAxios } from '@accountry/http'
import axios, { type AxiosInstance, type CreateAxiosDefaults, isAxiosError } from 'axios'
import { describe, expect, test } from 'vitest'
import { ana, FakeManager } from './support/fake-manager.ts'
import { accepting, startServer } from './support/recording-server.ts'

function client(
  manager: FakeManager,
  options: Partial<Parameters<typeof authorizeAxios>[1]> = {},
  defaults: CreateAxiosDefaults = {},
): AxiosInstance {
  const instance = axios.create({ proxy: false, ...defaults })
  return authorizeAxios(instance, { manager, account: ana, authTokenType: 'api', environment: {}, ...options })
}

describe('authorizeAxios', () => {
  test('signs requests and leaves the rest of axios as it was', async () => {
    await using server = await startServer((request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ got: request.body }))
    })
    const http = client(new FakeManager(server.origin), {}, { baseURL: `${server.origin}/v1/` })
    const response = await http.post('items', { a: 1 }, { params: { q: 'x y' }, headers: { 'X-Custom': 'kept' } })
    expect(response.data).toEqual({ got: '{"a":1}' })
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        url: '/v1/items?q=x+y',
        headers: { authorization: 'Bearer secret-1', 'x-custom': 'kept', 'content-type': 'application/json' },
      },
    ])
  })

  test.each([
    ['another host', { url: 'https://evil.example/x' }, 'ERR_ORIGIN_NOT_ALLOWED'],
    ['another port', { baseURL: 'http://127.0.0.1:1', url: '/' }, 'ERR_ORIGIN_NOT_ALLOWED'],
    ['credentials in the URL', { baseURL: 'http://u:p@127.0.0.1:1', url: '/' }, 'ERR_ORIGIN_NOT_ALLOWED'],
    ['a path that is a URL without scheme', { url: '//evil.example/x' }, 'ERR_INVALID_URL'],
  ])('refuses %s and sends nothing', async (_name, config, code) => {
    await using server = await startServer(accepting('secret-1'))
    const manager = new FakeManager(server.origin)
    await expect(client(manager, {}, { baseURL: server.origin }).request(config)).rejects.toMatchObject({ code })
    expect(server.requests).toEqual([])
    expect(manager.asked).toEqual([])
  })

  test('sends a path of backslashes where it was checked for', async () => {
    await using server = await startServer(accepting('secret-1'))
    const http = client(new FakeManager(server.origin), {}, { baseURL: server.origin })
    await http.get('\\\\evil.example')
    expect(server.requests).toMatchObject([{ url: '///evil.example' }])
  })

  test('replaces a rejected token once and repeats the request', async () => {
    await using server = await startServer(accepting('secret-2'))
    const manager = new FakeManager(server.origin)
    const response = await client(manager).put(server.origin, { a: 1 })
    expect(response.status).toBe(200)
    expect(manager.invalidated).toEqual(['secret-1'])
    expect(server.requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}'])
  })

  test('rejects as axios does when the token stays rejected, and neither error nor response holds it', async () => {
    await using server = await startServer(accepting('never'))
    const error: unknown = await client(new FakeManager(server.origin))
      .get(server.origin)
      .catch((reason) => reason)
    expect(isAxiosError(error) && error.response?.status).toBe(401)
    expect(server.requests).toHaveLength(2)
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secret-')
    expect(JSON.stringify(error)).not.toContain('secret-')
  })

  test('keeps the token out of a network error and of a good answer', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/good') response.end('fine')
      else response.destroy()
    })
    const http = client(new FakeManager(server.origin))
    const error: unknown = await http.get(`${server.origin}/cut`).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secret-')
    const response = await http.get(`${server.origin}/good`)
    expect(inspect(response, { depth: 20, showHidden: true })).not.toContain('secret-')
  })

  test('honours validateStatus and maxRedirects of the request', async () => {
    await using server = await startServer((_request, response) => response.writeHead(302, { location: '/b' }).end())
    const http = client(new FakeManager(server.origin))
    const response = await http.get(server.origin, { maxRedirects: 0, validateStatus: (status) => status === 302 })
    expect(response.status).toBe(302)
    await expect(http.get(server.origin, { maxRedirects: 1 })).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
    expect(server.requests).toHaveLength(3)
  })

  test('gives another origin neither token nor body on a redirect', async () => {
    await using other = await startServer((_request, response) => response.end('other'))
    await using server = await startServer((request, response) => {
      response.writeHead(request.method === 'GET' ? 302 : 307, { location: other.origin }).end()
    })
    const http = client(new FakeManager(server.origin))
    const response = await http.get(server.origin, { headers: { 'x-api-key': 'canary' } })
    expect(response.data).toBe('other')
    expect(JSON.stringify(other.requests)).not.toMatch(/secret-|canary/)
    await expect(http.post(server.origin, 'canary')).rejects.toMatchObject({ code: 'ERR_ORIGIN_NOT_ALLOWED' })
    expect(other.requests).toHaveLength(1)
  })

  test('says that a stream cannot be sent again', async () => {
    await using server = await startServer(accepting('secret-2'))
    const act = client(new FakeManager(server.origin)).post(server.origin, Readable.from(['x']))
    await expect(act).rejects.toMatchObject({ code: 'ERR_NOT_REPLAYABLE' })
  })

  test('does not take a proxy that wants credentials for the service', async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="p"', 'www-authenticate': 'Bearer' }).end()
    })
    const manager = new FakeManager(server.origin)
    await expect(client(manager).get(server.origin)).rejects.toMatchObject({ response: { status: 407 } })
    expect(manager.invalidated).toEqual([])
  })

  test.each([{ headers: { Authorization: 'Bearer canary' } }, { auth: { username: 'u', password: 'canary' } }])(
    'refuses credentials of the caller in %o, or sends them alone',
    async (config) => {
      await using server = await startServer((_request, response) => response.end())
      const manager = new FakeManager(server.origin)
      await expect(client(manager).get(server.origin, config)).rejects.toThrow(TypeError)
      expect(server.requests).toEqual([])
      await client(manager, { callerAuthorization: 'keep' }).get(server.origin, config)
      const expected = config.auth ? `Basic ${Buffer.from('u:canary').toString('base64')}` : 'Bearer canary'
      expect(server.requests).toMatchObject([{ headers: { authorization: expected } }])
      expect(manager.asked).toEqual([])
    },
  )

  test('wraps an adapter that the instance already has', async () => {
    const seen: (string | undefined)[] = []
    const manager = new FakeManager('https://api.example.com')
    const http = client(
      manager,
      {},
      {
        adapter: async (config) => {
          seen.push(config.url, String(config.headers.get('authorization')))
          return { data: 'mine', status: 200, statusText: 'OK', headers: {}, config }
        },
      },
    )
    expect((await http.get('https://api.example.com/a')).data).toBe('mine')
    expect(seen).toEqual(['https://api.example.com/a', 'Bearer secret-1'])
  })

  test('refuses what is no axios instance', () => {
    const options = { manager: new FakeManager(), account: ana, authTokenType: 'api' }
    expect(() => authorizeAxios({} as never, options)).toThrow(TypeError)
    expect(() => authorizeAxios(undefined as never, options)).toThrow(TypeError)
  })
})
