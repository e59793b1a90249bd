import { type AuthorizationServer, createFakeClock, startAuthorizationServer } from '@accountry/testing'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { OAuthClient } from './support/oauth-client.ts'

let server: AuthorizationServer
let client: OAuthClient
let refreshToken: string

beforeAll(async () => {
  server = await startAuthorizationServer()
})

beforeEach(async () => {
  client = new OAuthClient(server)
  server.faults.clear()
  server.clearRequests()
  refreshToken = await server.mintRefreshToken()
})

afterAll(async () => {
  await server.close()
})

const wasUsed = async (): Promise<boolean> => !(await server.isRefreshTokenAlive(refreshToken))

test('status answers instead of the provider, with headers and a body of any form', async () => {
  server.faults.next('token', { status: 429, headers: { 'retry-after': '7' }, body: { error: 'slow_down' } })
  server.faults.next('token', { status: 502, body: '<html>bad gateway</html>' })
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken })
  const first = await fetch(`${server.issuer}/token`, { method: 'POST', body })
  expect(first.status).toBe(429)
  expect(first.headers.get('retry-after')).toBe('7')
  expect(await first.json()).toEqual({ error: 'slow_down' })
  const second = await fetch(`${server.issuer}/token`, { method: 'POST', body })
  expect(second.headers.get('content-type')).toBe('text/plain')
  expect(await second.text()).toBe('<html>bad gateway</html>')
  expect(await wasUsed()).toBe(false)
  expect(server.requestsTo('token', 'refresh_token').map(({ status }) => status)).toEqual([429, 502])
})

test('dropBefore breaks the connection and the provider never sees the request', async () => {
  server.faults.next('token', { dropBefore: true })
  await expect(client.refresh(refreshToken)).rejects.toThrow('fetch failed')
  expect(await wasUsed()).toBe(false)
})

test('dropAfter loses the answer to a request that was carried out', async () => {
  server.faults.next('token', { dropAfter: true })
  await expect(client.refresh(refreshToken)).rejects.toThrow('fetch failed')
  expect(await wasUsed()).toBe(true)
  expect(server.requests[0]).not.toHaveProperty('status')
  expect(server.requests[0]?.finishedAt).toBeTypeOf('number')
})

test('hang never answers, and closing does not wait for it', async () => {
  const other = await startAuthorizationServer()
  other.faults.next('token', { hang: true })
  const answer = new OAuthClient(other).refresh('any')
  const failed = expect(answer).rejects.toThrow('fetch failed')
  await vi.waitFor(() => expect(other.inFlight.now).toBe(1))
  await other.close()
  await failed
})

test('rewrite changes the JSON that the provider answered, also to something that is none', async () => {
  server.faults.next('token', { rewrite: async (body) => ({ ...body, expires_in: '1e9', extra: null }) })
  const { body } = await client.refresh(refreshToken)
  expect(body).toMatchObject({ expires_in: '1e9', extra: null, access_token: expect.any(String) })
  server.faults.next('token', { rewrite: () => 'not json' })
  await expect(client.refresh(body['refresh_token'])).rejects.toThrow(SyntaxError)
})

test('redirect sends the client elsewhere without asking the provider', async () => {
  server.faults.next('token', { redirect: 'http://127.0.0.1:9/elsewhere' })
  const body = new URLSearchParams({ refresh_token: refreshToken })
  const answer = await fetch(`${server.issuer}/token`, { method: 'POST', body, redirect: 'manual' })
  expect(answer.status).toBe(307)
  expect(answer.headers.get('location')).toBe('http://127.0.0.1:9/elsewhere')
  expect(await wasUsed()).toBe(false)
})

test('cutAfterBytes breaks the connection in the middle of the answer', async () => {
  server.faults.next('token', { cutAfterBytes: 20 })
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: server.clientId,
  })
  const answer = await fetch(`${server.issuer}/token`, { method: 'POST', body })
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow()
  expect(await wasUsed()).toBe(true)
})

test('hold carries the request out and keeps the answer back', async () => {
  const { promise: hold, resolve: release } = Promise.withResolvers<void>()
  server.faults.next('token', { hold })
  let answered = false
  const answer = client.refresh(refreshToken).finally(() => {
    answered = true
  })
  await vi.waitFor(async () => expect(await wasUsed()).toBe(true))
  expect(answered).toBe(false)
  release()
  expect(await answer).toMatchObject({ status: 200 })
})

test('dateOffsetMs tells another time, or none, beside whatever else is wrong', async () => {
  const clock = createFakeClock(Date.UTC(2031, 4, 5))
  await using other = await startAuthorizationServer({ clock })
  other.faults.next('jwks', { dateOffsetMs: -600_000 })
  other.faults.next('jwks', { dateOffsetMs: 3_600_000, status: 503 })
  other.faults.next('jwks', { dateOffsetMs: 'absent' })
  const answers = [await fetch(`${other.issuer}/jwks`), await fetch(`${other.issuer}/jwks`)]
  expect(answers.map(({ status, headers }) => [status, headers.get('date')])).toEqual([
    [200, 'Sun, 04 May 2031 23:50:00 GMT'],
    [503, 'Mon, 05 May 2031 01:00:00 GMT'],
  ])
  expect((await fetch(`${other.issuer}/jwks`)).headers.get('date')).toBeNull()
  // Otherwise the server tells its own time.
  expect((await fetch(`${other.issuer}/jwks`)).headers.get('date')).toBe('Mon, 05 May 2031 00:00:00 GMT')
})

test('a delay goes together with other kinds', async () => {
  const clock = createFakeClock()
  await using other = await startAuthorizationServer({ clock })
  other.faults.next('token', { delayMs: 20_000, status: 503 })
  const answer = new OAuthClient(other).refresh('any')
  await vi.waitFor(() => expect(clock.nextTimerMs).toBe(20_000))
  await clock.advance(20_000)
  expect(await answer).toMatchObject({ status: 503 })
  expect(clock.pendingTimers).toBe(0)
})

test('times repeats a fault, grantType and endpoint pick its requests, and it is then used up', async () => {
  server.faults.next('token', { status: 500, times: 2, grantType: 'refresh_token' })
  expect(server.faults.pending).toBe(2)
  expect(await client.token({ grant_type: 'unknown' })).toMatchObject({ status: 400 })
  expect((await fetch(`${server.issuer}/jwks`)).status).toBe(200)
  expect(await client.refresh(refreshToken)).toMatchObject({ status: 500 })
  expect(server.faults.pending).toBe(1)
  expect(await client.refresh(refreshToken)).toMatchObject({ status: 500 })
  expect(server.faults.pending).toBe(0)
  expect(await client.refresh(refreshToken)).toMatchObject({ status: 200 })
})

test('always spoils every request until it is ended, and counts as pending in no way', async () => {
  const end = server.faults.always('discovery', { status: 503 })
  const ask = async (): Promise<number> => (await fetch(`${server.issuer}/.well-known/openid-configuration`)).status
  expect([await ask(), await ask()]).toEqual([503, 503])
  expect(server.faults.pending).toBe(0)
  end()
  expect(await ask()).toBe(200)
})

test('requests are recorded with what they were for', async () => {
  await client.refresh(refreshToken, { scope: 'tasks.read' })
  await fetch(`${server.issuer}/jwks`, { headers: { 'x-mark': 'yes' } })
  expect(server.requests).toMatchObject([
    {
      method: 'POST',
      path: '/token',
      endpoint: 'token',
      grantType: 'refresh_token',
      params: { refresh_token: refreshToken, scope: 'tasks.read', client_id: server.clientId },
      status: 200,
    },
    { method: 'GET', endpoint: 'jwks', headers: { 'x-mark': 'yes' }, status: 200 },
  ])
})
