import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { getAuthHeaders } from '@accountry/http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { apiScene, taking, tokenNumber } from './support/api.ts'
import { failure, letOut } from './support/canaries.ts'
import { until } from './support/wire.ts'
import { scriptedWorld } from './support/world.ts'

describe('a token', () => {
  it('G-02 is not given for plain http', async () => {
    const { world, account, renewals } = await apiScene()
    const options = { manager: world.manager, account, authTokenType: 'notes', origins: ['https://api.example.com'] }
    expect((await failure(getAuthHeaders('http://api.example.com/x', options))).code).toBe('ERR_ORIGIN_NOT_ALLOWED')
    expect(renewals()).toBe(0)
  })

  it.each<[string, (origin: string) => string]>([
    ['G-03 to another port', (origin) => origin.replace(/:(\d+)$/, (_all, port) => `:${Number(port) - 1}`)],
    ['G-03 to a subdomain', (origin) => origin.replace('127.0.0.1', 'sub.localhost')],
    ['G-03 with a user name before the host', (origin) => origin.replace('//', '//ana:pw@')],
  ])('%s is not sent, nor anything else', async (_name, other) => {
    const { api, send, renewals } = await apiScene()
    expect((await failure(send(other(api.origin)))).code).toBe('ERR_ORIGIN_NOT_ALLOWED')
    expect([api.requests.length, renewals()]).toEqual([0, 0])
  })

  it.each(['//', '\\\\', '/\\', 'http:\\\\'])('G-04 is not sent where a path after %s leads', async (slashes) => {
    const { api, elsewhere, send } = await apiScene()
    const path = `${slashes}${new URL(elsewhere.origin).host}/x`
    expect((await failure(send(new URL(path, api.origin)))).code).toBe('ERR_ORIGIN_NOT_ALLOWED')
    expect(elsewhere.connections).toBe(0)
  })

  it('G-22 is not sent while the check of certificates is off', async () => {
    const { api, send, renewals } = await apiScene()
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    onTestFinished(() => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    expect((await failure(send(api.origin))).code).toBe('ERR_TLS')
    expect([api.requests.length, renewals()]).toEqual([0, 0])
  })
})

describe('a redirect', () => {
  it.each([307, 308])('G-06 by %i takes no body to another origin, and no token', async (status) => {
    const { api, elsewhere, send } = await apiScene()
    api.always = { status, headers: { location: `${elsewhere.origin}/take` } }
    await send(api.origin, { method: 'POST', body: 'private' }).catch((error: unknown) => letOut('error', error))
    const received = elsewhere.requests.map(({ body, headers }) => [body, headers.authorization])
    expect(received.filter(([body, authorization]) => body !== '' || authorization !== undefined)).toEqual([])
  })

  it('G-07 from https to http is refused', async () => {
    const trusted = getCACertificates('default')
    onTestFinished(() => setDefaultCACertificates(trusted))
    const { api, elsewhere, send } = await apiScene({}, { tls: 'valid' })
    setDefaultCACertificates([...trusted, api.ca ?? ''])
    for (const location of [elsewhere.origin, api.origin.replace('https', 'http')]) {
      api.always = { status: 302, headers: { location } }
      expect((await failure(send(api.origin))).code).toBe('ERR_ORIGIN_NOT_ALLOWED')
    }
    expect(elsewhere.connections).toBe(0)
  })

  it('G-08 takes no proof of possession to another origin', async () => {
    const { api, elsewhere, send } = await apiScene({ oauth: { dpop: 'require' } })
    api.always = { status: 302, headers: { location: `${elsewhere.origin}/take` } }
    elsewhere.always = { json: {} }
    await send(api.origin, { headers: { 'x-api-key': 'private', cookie: 'private' } })
    expect(api.requests[0]?.headers).toHaveProperty('dpop')
    expect(elsewhere.requests).toHaveLength(1)
    for (const name of ['authorization', 'dpop', 'cookie', 'x-api-key'])
      expect(elsewhere.requests[0]?.headers).not.toHaveProperty(name)
  })

  it('G-10 within the origin keeps the token', async () => {
    const { api, send } = await apiScene()
    api.on('/old', { status: 301, headers: { location: '/new' } })
    expect((await send(`${api.origin}/old`)).status).toBe(200)
    expect(api.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/old', `Bearer ${tokenNumber(1)}`],
      ['/new', `Bearer ${tokenNumber(1)}`],
    ])
  })
})

describe('a challenge', () => {
  it.each<[string, string | readonly string[]]>([
    ['G-11 alone', 'Bearer error="insufficient_scope", scope="x y"'],
    ['G-14 after another scheme', 'Negotiate, Bearer error="insufficient_scope", scope="x y"'],
    ['G-14 on a line of its own', ['Negotiate', 'Bearer error="insufficient_scope", scope="x y"']],
    [
      'G-14 among commas and quotes inside quotes',
      'Basic realm="a, Bearer error=\\"invalid_token\\"", Bearer realm="b\\\\", error="insufficient_scope", scope="x y"',
    ],
    ['G-14 in capitals', 'BEARER ERROR="insufficient_scope", SCOPE="x y"'],
  ])('%s that asks for more is told to the caller, without a renewal', async (_name, challenge) => {
    const { api, send, renewals } = await apiScene()
    api.always = { status: 403, headers: { 'www-authenticate': challenge } }
    const error = await failure(send(api.origin))
    expect(error).toMatchObject({ code: 'ERR_SCOPE_NOT_GRANTED', challenge: { scopes: ['x', 'y'] } })
    expect([api.requests.length, renewals()]).toEqual([1, 1])
  })

  it('G-12 that asks for a stronger sign-in is told to the caller, without a renewal', async () => {
    const { api, send, renewals } = await apiScene()
    const challenge = 'Bearer error="insufficient_user_authentication", acr_values="a b", max_age="60"'
    api.always = { status: 401, headers: { 'www-authenticate': challenge } }
    expect(await failure(send(api.origin))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'step_up',
      challenge: { acrValues: ['a', 'b'], maxAgeS: 60 },
    })
    expect([api.requests.length, renewals()]).toEqual([1, 1])
  })

  it.each<[string, string]>([
    ['cannot be read', 'bogus ='],
    ['is too long to be honest', `Bearer ${'x'.repeat(12_000)}`],
  ])('G-15 that %s is taken for a bare 401', async (_name, challenge) => {
    const { api, send, renewals } = await apiScene()
    api.always = { status: 401, headers: { 'www-authenticate': challenge } }
    expect((await send(api.origin)).status).toBe(401)
    expect([api.requests.length, renewals()]).toEqual([2, 2])
  })

  it('G-15 of 64 KB ends the request and nothing else', async () => {
    const { world, account, api, send } = await apiScene()
    api.next({ status: 401, headers: { 'www-authenticate': `Bearer realm="${'x'.repeat(65_536)}"` } })
    const error = await send(api.origin).catch((thrown: unknown) => thrown)
    letOut('error', error)
    expect(error).toBeInstanceOf(Error)
    expect(await world.state(account)).toBe('ok')
    expect((await send(api.origin)).status).toBe(200)
  })

  it('G-23 of a proxy is not one of the API: nothing is renewed for a 407', async () => {
    const { api, send, renewals } = await apiScene()
    api.always = { status: 407, headers: { 'proxy-authenticate': 'Basic realm="proxy"' } }
    // A network error for fetch (Fetch standard, HTTP-network fetch), and none of ours.
    const error = await send(api.origin).catch((thrown: unknown) => thrown)
    letOut('error', error)
    expect(error).toBeInstanceOf(TypeError)
    expect([api.requests.length, renewals()]).toEqual([1, 1])
  })
})

describe('a token that an API rejects', () => {
  it('C-04 for fifty requests at once is renewed once', async () => {
    const { api, send, renewals } = await apiScene()
    await send(api.origin)
    api.always = taking(tokenNumber(2))
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(api.origin)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(renewals()).toBe(2)
  })

  it('G-18 for ever costs two requests and one renewal; the 401 is the answer, the account stays as it is', async () => {
    const { world, account, api, send, renewals } = await apiScene()
    await send(api.origin)
    api.always = taking('no token at all')
    const before = api.requests.length
    expect((await send(api.origin)).status).toBe(401)
    expect([api.requests.length - before, renewals()]).toEqual([2, 2])
    expect(await world.state(account)).toBe('ok')
  })

  it('G-19 with a stream that is used up is not replaced in silence', async () => {
    const { api, send } = await apiScene()
    api.always = taking('no token at all')
    const body = new Blob(['once']).stream()
    const error = await failure(send(api.origin, { method: 'POST', body, duplex: 'half' } as RequestInit))
    expect(error.code).toBe('ERR_NOT_REPLAYABLE')
    expect(api.requests).toHaveLength(1)
  })

  it('G-20 while it was renewed already is replaced by the newer one, without another renewal', async () => {
    const { world, account, api, send, renewals } = await apiScene()
    await send(api.origin)
    const release = Promise.withResolvers<void>()
    api.next({ hold: release.promise, status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
    const late = send(api.origin)
    await until(() => api.requests.length === 2)
    await world.manager.getAuthToken(account, 'notes', { forceRefresh: true })
    release.resolve()
    expect((await late).status).toBe(200)
    expect(renewals()).toBe(2)
    expect(api.requests.at(-1)?.headers.authorization).toBe(`Bearer ${tokenNumber(2)}`)
  })
})

describe('a document that comes drop by drop', () => {
  it('G-24 is given up: metadata after five seconds', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    const { server } = world.service
    server.on('/.well-known/openid-configuration', { rawBody: '{"issuer":', neverEnd: true })
    const asking = failure(world.manager.getAuthToken(account, 'notes'))
    await until(() => server.requests.length > 0)
    await world.clock.advance(5_000)
    expect(await asking).toMatchObject({ code: 'ERR_NETWORK', retryable: true })
    expect(world.service.tokenRequests).toEqual([])
  })

  it('G-24 is given up: the keys after five seconds', async () => {
    const world = await scriptedWorld()
    const { server } = world.service
    server.on('/jwks', { rawBody: '{"keys":', neverEnd: true })
    const adding = failure(world.signIn())
    await until(() => server.requestsTo('/jwks').length > 0)
    await world.clock.advance(5_000)
    expect(await adding).toMatchObject({ code: 'ERR_NETWORK', retryable: true })
    expect(await world.manager.getAccounts()).toEqual([])
  })
})
