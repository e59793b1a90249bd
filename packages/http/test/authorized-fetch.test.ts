import type { AuthRejectedEvent } from '@accountry/http'
import { createAuthorizedFetch } from '@accountry/http'
import { describe, expect, test, vi } from 'vitest'
import { ana, FakeManager } from './support/fake-manager.ts'
import { accepting, startServer } from './support/recording-server.ts'

const environment = {}

function authorized(
  manager: FakeManager,
  options: Partial<Parameters<typeof createAuthorizedFetch>[0]> = {},
): ReturnType<typeof createAuthorizedFetch> {
  return createAuthorizedFetch({ manager, account: ana, authTokenType: 'api', environment, ...options })
}

describe('where the token goes', () => {
  test('signs a request to a declared origin and streams the answer through', async () => {
    await using server = await startServer(accepting('secret-1'))
    const response = await authorized(new FakeManager(server.origin))(`${server.origin}/a?b=c`)
    expect(await response.text()).toBe('ok')
    expect(server.requests).toMatchObject([{ url: '/a?b=c', headers: { authorization: 'Bearer secret-1' } }])
  })

  test('takes the account by its id and the origins from the call', async () => {
    await using server = await startServer(accepting('secret-1'))
    const send = authorized(new FakeManager('https://elsewhere.example'), { account: ana.id, origins: [server.origin] })
    expect((await send(new URL(server.origin))).status).toBe(200)
  })

  test('takes the origin of the resource where no origins are declared', async () => {
    await using server = await startServer(accepting('secret-1'))
    const send = authorized(new FakeManager(), { authTokenType: { scopes: ['a'], resource: `${server.origin}/api` } })
    expect((await send(server.origin)).status).toBe(200)
  })

  test.each([
    ['another port', (origin: string) => origin.replace(/\d+$/, '1')],
    ['the same address by name', (origin: string) => origin.replace('127.0.0.1', 'localhost')],
    ['a host with the origin as prefix', () => 'http://127.0.0.1.evil.example/'],
    ['the origin as user name', (origin: string) => `${origin}@evil.example/`],
    ['credentials in the URL', (origin: string) => origin.replace('//', '//user:pw@')],
    ['https instead of http', (origin: string) => origin.replace('http:', 'https:')],
    ['backslashes', () => 'http:\\\\evil.example\\'],
    ['data:', () => 'data:text/plain,hi'],
    ['blob:', () => 'blob:nodedata:1'],
  ])('refuses %s and neither asks for a token nor sends', async (_name, change) => {
    await using server = await startServer(accepting('secret-1'))
    const manager = new FakeManager(server.origin)
    const send = vi.fn<typeof fetch>()
    await expect(authorized(manager, { fetch: send })(change(server.origin))).rejects.toMatchObject({
      code: 'ERR_ORIGIN_NOT_ALLOWED',
    })
    expect(send).not.toHaveBeenCalled()
    expect(manager.asked).toEqual([])
    expect(server.requests).toEqual([])
  })

  test('refuses plain http beyond loopback even where it is declared', async () => {
    const manager = new FakeManager('http://api.example.com')
    await expect(authorized(manager)('http://api.example.com/')).rejects.toMatchObject({
      code: 'ERR_ORIGIN_NOT_ALLOWED',
    })
    expect(manager.asked).toEqual([])
  })

  test('refuses everything when no origin is known', async () => {
    for (const authTokenType of ['api', { scopes: ['a'] }]) {
      const send = authorized(new FakeManager(), { authTokenType })
      await expect(send('https://api.example.com/')).rejects.toMatchObject({ code: 'ERR_ORIGIN_NOT_ALLOWED' })
    }
  })

  test('refuses a token type that is not declared as the mistake that it is, and names those that are', async () => {
    for (const authTokenType of ['apy', 'toString']) {
      const send = authorized(new FakeManager(), { authTokenType })
      await expect(send('https://api.example.com/')).rejects.toThrow(
        new TypeError('authTokenType is not one that com.example declares: api'),
      )
    }
  })

  test('refuses while certificates are not checked, unless told otherwise', async () => {
    await using server = await startServer(accepting('secret-1'))
    const manager = new FakeManager(server.origin)
    const insecure = { environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }
    await expect(authorized(manager, insecure)(server.origin)).rejects.toMatchObject({
      code: 'ERR_TLS',
      retryable: false,
    })
    expect(manager.asked).toEqual([])
    expect((await authorized(manager, { ...insecure, allowInsecureTls: true })(server.origin)).status).toBe(200)
  })
})

describe('credentials of the caller', () => {
  test.each(['Authorization', 'authorization', 'DPoP'])('refuses a request that brings %s', async (name) => {
    const manager = new FakeManager('https://api.example.com')
    const send = authorized(manager, { fetch: vi.fn<typeof fetch>() })
    const act = send('https://api.example.com/', { headers: { [name]: 'Bearer canary' } })
    await expect(act).rejects.toThrow(TypeError)
    await expect(act).rejects.not.toThrow('canary')
    await expect(send(new Request('https://api.example.com/', { headers: { [name]: 'x' } }))).rejects.toThrow(TypeError)
  })

  test('sends them as they are when that was chosen, and reads nothing into a 401', async () => {
    await using server = await startServer(accepting('secret-1'))
    const manager = new FakeManager(server.origin)
    const send = authorized(manager, { callerAuthorization: 'keep' })
    const response = await send(server.origin, { headers: { authorization: 'Bearer mine' } })
    expect(response.status).toBe(401)
    expect(server.requests).toMatchObject([{ headers: { authorization: 'Bearer mine' } }])
    expect(manager.asked).toEqual([])
  })
})

describe('a rejected token', () => {
  test('is invalidated by value, replaced, and the request repeated once with the same body', async () => {
    await using server = await startServer(accepting('secret-2'))
    const manager = new FakeManager(server.origin)
    const response = await authorized(manager)(server.origin, { method: 'POST', body: 'the body' })
    expect(await response.text()).toBe('ok')
    expect(server.requests.map(({ body }) => body)).toEqual(['the body', 'the body'])
    expect(manager.invalidated).toEqual(['secret-1'])
    expect(manager.refreshes).toBe(2)
  })

  test.each([
    ['a string', 'x'],
    ['bytes', new TextEncoder().encode('x')],
    ['a Blob', new Blob(['x'])],
    ['URLSearchParams', new URLSearchParams({ a: 'x' })],
    ['FormData', formOf('a', 'x')],
    ['an object that fetch writes as text', Object('x') as string],
  ])('costs one repetition with a body that is %s', async (_name, body) => {
    await using server = await startServer(accepting('secret-2'))
    const response = await authorized(new FakeManager(server.origin))(server.origin, { method: 'PUT', body })
    expect(response.status).toBe(200)
    expect(server.requests).toHaveLength(2)
    expect(server.requests[1]?.body).toContain('x')
  })

  test.each(['bogus =', `Bearer a="${'x'.repeat(12_000)}"`, ''])(
    'is found behind the header %.20s too',
    async (header) => {
      await using server = await startServer(accepting('secret-2', header))
      expect((await authorized(new FakeManager(server.origin))(server.origin)).status).toBe(200)
    },
  )

  test('that stays rejected costs two requests, one refresh and one event; the 401 is the answer', async () => {
    await using server = await startServer(accepting('never'))
    const manager = new FakeManager(server.origin)
    const events: AuthRejectedEvent[] = []
    const send = authorized(manager, { onAuthRejected: (event) => void events.push(event) })
    const response = await send(server.origin)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('no')
    expect(server.requests).toHaveLength(2)
    expect(manager.refreshes).toBe(2)
    expect(manager.invalidated).toEqual(['secret-1'])
    expect(events).toEqual([{ account: ana, authTokenType: 'api', origin: server.origin, status: 401 }])
  })

  test('is the answer also when whoever listens for it throws', async () => {
    await using server = await startServer(accepting('never'))
    const onAuthRejected = (): void => {
      throw new Error('of the listener')
    }
    const response = await authorized(new FakeManager(server.origin), { onAuthRejected })(server.origin)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('no')
  })

  test('costs one refresh for fifty requests at once', async () => {
    await using server = await startServer(accepting('secret-2'))
    const manager = new FakeManager(server.origin)
    const send = authorized(manager)
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(server.origin)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(manager.refreshes).toBe(2)
  })

  test('that somebody else renewed meanwhile costs no refresh', async () => {
    const manager = new FakeManager()
    await using server = await startServer((request, response, index) => {
      if (index === 0) manager.store({ value: 'newer' })
      accepting('newer')(request, response, index)
    })
    const response = await authorized(manager, { origins: [server.origin] })(server.origin)
    expect(response.status).toBe(200)
    expect(manager.refreshes).toBe(1)
  })

  test('that came with a stream is invalidated, and the caller is told to start over', async () => {
    await using server = await startServer(accepting('secret-2'))
    const manager = new FakeManager(server.origin)
    const send = authorized(manager)
    const upload = (): RequestInit =>
      ({ method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }) as RequestInit
    await expect(send(server.origin, upload())).rejects.toMatchObject({ code: 'ERR_NOT_REPLAYABLE' })
    expect(manager.invalidated).toEqual(['secret-1'])
    expect((await send(server.origin, upload())).status).toBe(200)
    expect(server.requests).toHaveLength(2)
  })

  test('does not touch a stream that is accepted', async () => {
    await using server = await startServer(accepting('secret-1'))
    const send = authorized(new FakeManager(server.origin))
    const request = new Request(server.origin, { method: 'POST', body: 'from a Request', headers: { 'x-a': 'b' } })
    expect((await send(request)).status).toBe(200)
    expect(server.requests).toMatchObject([{ method: 'POST', body: 'from a Request', headers: { 'x-a': 'b' } }])
  })

  test('cannot repeat what came as an async iterable or in a Request, and says so', async () => {
    await using server = await startServer(accepting('secret-2'))
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('x')
    }
    const uploads = [
      new Request(server.origin, { method: 'POST', body: 'x' }),
      new Request(server.origin, { method: 'POST', body: chunks(), duplex: 'half' } as RequestInit),
    ]
    for (const upload of uploads) {
      const send = authorized(new FakeManager(server.origin))
      await expect(send(upload)).rejects.toMatchObject({ code: 'ERR_NOT_REPLAYABLE' })
    }
    expect(server.requests).toHaveLength(2)
  })

  test('with characters that HTTP does not allow is not quoted in the error', async () => {
    const manager = new FakeManager('https://api.example.com')
    manager.tokenValue = 'canary\n'
    const error: Error = await authorized(manager)('https://api.example.com/').then(
      () => expect.unreachable(),
      (reason) => reason,
    )
    expect(error).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(error.message).not.toContain('canary')
  })
})

describe('what only the person can give', () => {
  test('is a typed error for insufficient scope, without a refresh', async () => {
    await using server = await startServer((_request, response) => {
      response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="x y"' }).end()
    })
    const manager = new FakeManager(server.origin)
    await expect(authorized(manager)(server.origin)).rejects.toMatchObject({
      code: 'ERR_SCOPE_NOT_GRANTED',
      action: 'sign-in',
      account: ana,
      challenge: { scopes: ['x', 'y'] },
    })
    expect(manager.refreshes).toBe(1)
    expect(manager.invalidated).toEqual([])
  })

  test('is a typed error for a stronger sign-in, without a refresh', async () => {
    await using server = await startServer((_request, response) => {
      const challenge = 'Bearer error="insufficient_user_authentication", acr_values="a b", max_age=60'
      response.writeHead(401, { 'www-authenticate': challenge }).end()
    })
    const manager = new FakeManager(server.origin)
    await expect(authorized(manager)(server.origin)).rejects.toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'step_up',
      challenge: { acrValues: ['a', 'b'], maxAgeS: 60 },
    })
    expect(manager.invalidated).toEqual([])
  })

  test('leaves every other refusal to the caller', async () => {
    await using server = await startServer((request, response) => {
      response.writeHead(Number(request.url.slice(1))).end()
    })
    const manager = new FakeManager(server.origin)
    for (const status of [400, 403, 404, 500]) {
      expect((await authorized(manager)(`${server.origin}/${status}`)).status).toBe(status)
    }
    expect(manager.invalidated).toEqual([])
    expect(server.requests).toHaveLength(4)
  })
})

describe('DPoP', () => {
  test('repeats with the nonce that the server asks for and keeps it for the next request', async () => {
    await using server = await startServer((request, response) => {
      const good = String(request.headers['dpop']).endsWith(' n1')
      response.writeHead(good ? 200 : 401, {
        'dpop-nonce': 'n1',
        'www-authenticate': 'DPoP error="use_dpop_nonce", Bearer error="invalid_token"',
      })
      response.end()
    })
    const manager = new FakeManager(server.origin)
    manager.scheme = 'DPoP'
    const send = authorized(manager)
    expect((await send(`${server.origin}/a`)).status).toBe(200)
    expect((await send(`${server.origin}/b`, { method: 'delete' })).status).toBe(200)
    expect(manager.signed).toEqual([
      { method: 'GET', url: `${server.origin}/a`, nonce: undefined },
      { method: 'GET', url: `${server.origin}/a`, nonce: 'n1' },
      { method: 'DELETE', url: `${server.origin}/b`, nonce: 'n1' },
    ])
    expect(manager.invalidated).toEqual([])
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'DPoP secret-1', dpop: /^proof GET/ })
  })

  test('takes a nonce from every answer, and a parallel request takes it too', async () => {
    let answerFirst: (() => void) | undefined
    await using server = await startServer((request, response, index) => {
      const answer = (): void => {
        const good = String(request.headers['dpop']).endsWith(' n1')
        response.writeHead(good ? 200 : 401, { 'dpop-nonce': 'n1', 'www-authenticate': 'DPoP error="use_dpop_nonce"' })
        response.end()
      }
      // The second request has its nonce before the first one is answered.
      if (index === 0) answerFirst = answer
      else answer()
      if (index === 2) answerFirst?.()
    })
    const manager = new FakeManager(server.origin)
    manager.scheme = 'DPoP'
    const send = authorized(manager)
    const answers = await Promise.all([send(server.origin), send(server.origin)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(server.requests).toHaveLength(4)
  })

  test('gives up after two nonces and spends no refresh on it', async () => {
    await using server = await startServer((_request, response, index) => {
      response.writeHead(401, { 'dpop-nonce': `n${index}`, 'www-authenticate': 'DPoP error="use_dpop_nonce"' }).end()
    })
    const manager = new FakeManager(server.origin)
    manager.scheme = 'DPoP'
    expect((await authorized(manager)(server.origin)).status).toBe(401)
    expect(server.requests).toHaveLength(3)
    expect(manager.invalidated).toEqual([])
  })

  test('ignores a nonce that would break a header', async () => {
    await using server = await startServer((_request, response) =>
      response.writeHead(200, { 'dpop-nonce': 'a b"' }).end(),
    )
    const manager = new FakeManager(server.origin)
    const send = authorized(manager)
    await send(server.origin)
    await send(server.origin)
    expect(manager.signed.map(({ nonce }) => nonce)).toEqual([undefined, undefined])
  })
})

describe('redirects', () => {
  test('keep the token on the same origin, with a proof of its own for each URL', async () => {
    await using server = await startServer((request, response) => {
      if (request.url === '/a') response.writeHead(307, { location: '/b' }).end()
      else response.end(request.body)
    })
    const manager = new FakeManager(server.origin)
    manager.scheme = 'DPoP'
    const response = await authorized(manager)(`${server.origin}/a`, { method: 'POST', body: 'kept' })
    expect(await response.text()).toBe('kept')
    expect(response.url).toBe(`${server.origin}/b`)
    expect(manager.signed.map(({ url }) => url)).toEqual([`${server.origin}/a`, `${server.origin}/b`])
  })

  test('give another origin nothing secret, and nothing is read into its 401', async () => {
    await using other = await startServer((_request, response) =>
      response.writeHead(401, { 'dpop-nonce': 'evil' }).end(),
    )
    await using server = await startServer((_request, response) => {
      response.writeHead(302, { location: `${other.origin}/b` }).end()
    })
    const manager = new FakeManager(server.origin, other.origin)
    manager.scheme = 'DPoP'
    const headers = { 'x-api-key': 'canary', cookie: 'canary', accept: 'text/plain' }
    const response = await authorized(manager)(server.origin, { headers })
    expect(response.status).toBe(401)
    expect(JSON.stringify(other.requests)).not.toMatch(/canary|secret/)
    expect(other.requests).toMatchObject([{ headers: { accept: 'text/plain' } }])
    expect(other.requests[0]?.headers['dpop']).toBeUndefined()
    expect(manager.invalidated).toEqual([])
  })

  test('never take a body to another origin', async () => {
    await using other = await startServer((_request, response) => response.end())
    await using server = await startServer((_request, response) => {
      response.writeHead(307, { location: other.origin }).end()
    })
    const send = authorized(new FakeManager(server.origin))
    await expect(send(server.origin, { method: 'POST', body: 'canary' })).rejects.toMatchObject({
      code: 'ERR_ORIGIN_NOT_ALLOWED',
      reason: 'redirect',
    })
    expect(other.requests).toEqual([])
  })

  test('end after five', async () => {
    await using server = await startServer((request, response) => {
      const left = Number(request.url.slice(1))
      if (left === 0) response.end('there')
      else response.writeHead(302, { location: `/${left - 1}` }).end()
    })
    const send = authorized(new FakeManager(server.origin))
    expect(await (await send(`${server.origin}/5`)).text()).toBe('there')
    await expect(send(`${server.origin}/6`)).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED', reason: 'redirect' })
    expect(server.requests).toHaveLength(12)
  })

  test('are the caller’s to follow or to refuse when it says so', async () => {
    await using server = await startServer((_request, response) => response.writeHead(302, { location: '/b' }).end())
    const send = authorized(new FakeManager(server.origin))
    expect((await send(server.origin, { redirect: 'manual' })).status).toBe(302)
    await expect(send(server.origin, { redirect: 'error' })).rejects.toThrow(TypeError)
    expect(server.requests).toHaveLength(2)
  })
})

describe('the rest of fetch', () => {
  test.each([{ keepalive: false }, { keepalive: true }])(
    'sends a Request with the length of its body, as fetch does, with %j',
    async (init) => {
      await using server = await startServer(accepting('secret-1'))
      const request = new Request(server.origin, { method: 'POST', body: 'four', ...init })
      expect((await authorized(new FakeManager(server.origin))(request)).status).toBe(200)
      expect(server.requests).toMatchObject([{ body: 'four', headers: { 'content-length': '4' } }])
    },
  )

  test('honours an abort before the token and during the answer', async () => {
    await using server = await startServer(() => undefined)
    const manager = new FakeManager(server.origin)
    await expect(authorized(manager)(server.origin, { signal: AbortSignal.abort() })).rejects.toThrow()
    expect(server.requests).toEqual([])
    const controller = new AbortController()
    const running = authorized(manager)(new Request(server.origin, { signal: controller.signal }))
    await vi.waitFor(() => expect(server.requests).toHaveLength(1))
    controller.abort()
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('passes on what the manager may do to get a token', async () => {
    await using server = await startServer(accepting('secret-1'))
    const manager = new FakeManager(server.origin)
    await authorized(manager, { tokenOptions: { interaction: 'allow', minValidityMs: 5 } })(server.origin)
    expect(manager.asked).toMatchObject([{ interaction: 'allow', minValidityMs: 5 }])
  })

  test.each([
    ['no options', undefined, 'options'],
    ['no manager', { manager: undefined }, 'manager'],
    ['a name of nothing as account', { account: '' }, 'account'],
    ['null as account', { account: null }, 'account'],
    ['no token type', { authTokenType: undefined }, 'authTokenType'],
    ['a string as origins', { origins: 'https://api.example.com' }, 'origins'],
    ['an origin with a path', { origins: ['https://api.example.com/v1'] }, 'origins[0]'],
    ['a plain http origin', { origins: ['http://api.example.com'] }, 'origins[0]'],
    ['an origin with a user', { origins: ['https://canary@api.example.com'] }, 'origins[0]'],
    ['something else as fetch', { fetch: 'canary' }, 'fetch'],
    ['another policy', { callerAuthorization: 'canary' }, 'callerAuthorization'],
  ])('refuses %s at once', (_name, change, option) => {
    const options = change && { manager: new FakeManager(), account: ana, authTokenType: 'api', ...change }
    const act = (): unknown => createAuthorizedFetch(options as never)
    expect(act).toThrow(TypeError)
    expect(act).toThrow(option)
    expect(act).not.toThrow('canary')
  })

  test('rejects for an account that is not there', async () => {
    const send = authorized(new FakeManager('https://api.example.com'), { account: 'gone' })
    await expect(send('https://api.example.com/')).rejects.toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
  })
})

function formOf(name: string, value: string): FormData {
  const form = new FormData()
  form.set(name, value)
  return form
}
