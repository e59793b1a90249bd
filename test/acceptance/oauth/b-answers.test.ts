import { gzipSync } from 'node:zlib'
import { startScriptedServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failure, secret } from './support/canaries.ts'
import { goodTokens, type TokenAnswer } from './support/service.ts'
import { HOUR, MINUTE, scriptedWorld } from './support/world.ts'

const OLD = secret('refresh token')
const NEW = secret('rotated refresh token')
const TOKEN = secret('access token')

/** A token answer with changed members; those that are `undefined` are left out. */
function answer(changes: object): TokenAnswer {
  return { json: { ...goodTokens(), ...changes } }
}

/** One renewal of an account whose refresh token is {@link OLD}. */
async function renew(...answers: readonly TokenAnswer[]) {
  const world = await scriptedWorld()
  const account = await world.account()
  world.service.tokens(...answers)
  const startedAt = world.clock.now()
  const token = await world.manager.getAuthToken(account, 'notes').catch((error: unknown) => error)
  if (token instanceof Error) await failure(Promise.reject(token))
  const [stored, state] = [await world.stored(account), await world.state(account)]
  return { world, account, token: token as never, stored, state, startedAt, posts: world.service.tokenRequests.length }
}

describe('the lifetime of a token', () => {
  it.each<[string, unknown, number]>([
    ['B-07 digits as a text', '3600', 3_600_000],
    ['B-11 zero', 0, 0],
    ['B-12 half a second', 0.5, 500],
  ])('%s is read as it stands', async (_name, expires_in, lifetimeMs) => {
    const { token, stored, startedAt, posts } = await renew(answer({ expires_in }))
    expect(token).toMatchObject({ value: TOKEN, expiresAt: startedAt + lifetimeMs })
    expect({ stored, posts }).toEqual({ stored: NEW, posts: 1 })
  })

  it.each<[string, unknown]>([
    ['B-08 a text with more than digits', '3600abc'],
    ['B-08 a list', [3600]],
    ['B-08 true', true],
    ['B-09 an empty text', ''],
    ['B-09 null', null],
    ['B-09 a negative number', -5],
    ['B-13 more than there is time', 1e308],
  ])('%s is unknown; tokens and the rotated refresh token are kept', async (_name, expires_in) => {
    const { token, stored, state } = await renew(answer({ expires_in }))
    expect(token).toMatchObject({ value: TOKEN, expiresAt: undefined })
    expect({ stored, state }).toEqual({ stored: NEW, state: 'ok' })
  })

  it('B-13 beyond every number is unknown too', async () => {
    const rawBody = JSON.stringify(goodTokens()).replace('3600', '1e400')
    const { token, stored } = await renew({ rawBody, headers: { 'content-type': 'application/json' } })
    expect(token).toMatchObject({ value: TOKEN, expiresAt: undefined })
    expect(stored).toBe(NEW)
  })

  it('B-11 of nothing answers everybody who waits, and leads to no second request within 30 s', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.tokens(answer({ expires_in: 0 }))
    const all = await Promise.all(Array.from({ length: 5 }, () => world.manager.getAuthToken(account, 'notes')))
    expect(new Set(all.map(({ value }) => value))).toEqual(new Set([TOKEN]))
    expect(world.service.tokenRequests).toHaveLength(1)
  })

  it('B-15 shorter than the usual margin is handed out until it ends, with one request', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.tokens(answer({ expires_in: 30 }))
    for (let second = 0; second < 22; second += 1) {
      expect((await world.manager.getAuthToken(account, 'notes')).value).toBe(TOKEN)
      world.clock.jump(1000)
    }
    expect(world.service.tokenRequests).toHaveLength(1)
    world.clock.jump(8000)
    await world.manager.getAuthToken(account, 'notes')
    expect(world.service.tokenRequests).toHaveLength(2)
  })
})

describe('an answer of the token endpoint', () => {
  it.each<[string, object]>([
    ['B-17 bearer', { token_type: 'bearer' }],
    ['B-17 BEARER', { token_type: 'BEARER' }],
    ['B-23 no scope', { scope: undefined }],
    ['B-24 scopes as a list', { scope: ['notes'] }],
    ['B-25 members that name a prototype', { toString: 'x', constructor: { prototype: { polluted: true } } }],
  ])('with %s is accepted', async (_name, changes) => {
    const { token, stored } = await renew(answer(changes))
    expect(token).toMatchObject({ value: TOKEN, scheme: 'Bearer' })
    expect(stored).toBe(NEW)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it('B-25 with __proto__ in it changes no prototype', async () => {
    const rawBody = `{"__proto__":{"polluted":true},${JSON.stringify(goodTokens()).slice(1)}`
    const { token } = await renew({ rawBody, headers: { 'content-type': 'application/json' } })
    expect(token).toMatchObject({ value: TOKEN })
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  it.each<[string, object]>([
    ['B-19 no refresh token', { refresh_token: undefined }],
    ['B-20 an empty one', { refresh_token: '' }],
    ['B-20 null', { refresh_token: null }],
    ['B-20 a number', { refresh_token: 123 }],
  ])('with %s keeps the one that there is', async (_name, changes) => {
    const { token, stored } = await renew(answer(changes))
    expect(token).toMatchObject({ value: TOKEN })
    expect(stored).toBe(OLD)
  })

  it('B-20 with a refresh token that is none is worth a warning', async () => {
    const { world } = await renew(answer({ refresh_token: 123 }))
    expect(world.log).toContainEqual(expect.objectContaining({ level: 'warn', event: 'token_response' }))
  })

  it.each<[string, object, string]>([
    ['B-16 a type that nobody knows', { token_type: 'mac' }, 'ERR_UNSUPPORTED'],
    ['B-23 no granted scope at all', { scope: '' }, 'ERR_SCOPE_NOT_GRANTED'],
    ['B-27 a line break in the token', { access_token: `${TOKEN}\r\nX-Evil: 1` }, 'ERR_INVALID_RESPONSE'],
    ['B-27 a NUL in the token', { access_token: `${TOKEN}\0` }, 'ERR_INVALID_RESPONSE'],
    ['B-27 a picture in the token', { access_token: `${TOKEN}😀` }, 'ERR_INVALID_RESPONSE'],
    ['B-39 an ID token that is none', { id_token: 'x.y.z' }, 'ERR_INVALID_RESPONSE'],
  ])('with %s is refused after the rotated refresh token was saved', async (_name, changes, code) => {
    const { token, stored, state, world, account } = await renew(answer(changes))
    expect(token).toMatchObject({ code })
    expect(stored).toBe(NEW)
    expect(state).not.toMatch(/needs-reauth/)
    expect(await world.manager.peekAuthToken(account, 'notes')).toBeUndefined()
  })

  it.each<[string, TokenAnswer]>([
    ['B-35 of JSON that calls itself HTML', { json: goodTokens(), headers: { 'content-type': 'text/html' } }],
    ['B-36 with status 201', { json: goodTokens(), status: 201 }],
  ])('%s is accepted', async (_name, given) => {
    const { token, stored } = await renew(given)
    expect(token).toMatchObject({ value: TOKEN })
    expect(stored).toBe(NEW)
  })

  it('B-21 replaces the refresh token for good: the next renewal sends the new one, also after a restart', async () => {
    const { world, account } = await renew(answer({}), answer({ refresh_token: secret('third refresh token') }))
    const restarted = await world.restart()
    await world.clock.advance(2 * HOUR)
    await restarted.getAuthToken(account.id, 'notes')
    expect(world.service.tokenRequests.map((form) => form.get('refresh_token'))).toEqual([OLD, NEW])
    expect(await restarted.getPassword(account.id)).toBe(secret('third refresh token'))
  })

  it('B-40 of another person is not handed out, and says so', async () => {
    const world = await scriptedWorld()
    const account = await world.signIn()
    world.service.tokens(async () => ({
      json: { ...goodTokens(), id_token: await world.service.idToken({ sub: 'eve' }) },
    }))
    const error = await failure(world.manager.getAuthToken(account, 'notes', { forceRefresh: true }))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'identity_changed' })
    expect(await world.state(account)).toBe('identity-changed: identity_changed')
  })
})

describe('a token endpoint that fails', () => {
  it.each<[string, number, TokenAnswer, string, string]>([
    ['B-28 the client', 1, { status: 401, json: { error: 'invalid_client' } }, 'ERR_MISCONFIGURED', 'misconfigured'],
    ['B-31 the request', 1, { status: 400, json: { error: 'invalid_request' } }, 'ERR_MISCONFIGURED', 'misconfigured'],
    [
      'B-32 the grant, with a challenge beside it',
      1,
      {
        status: 400,
        json: { error: 'invalid_grant' },
        headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
      },
      'ERR_INTERACTION_REQUIRED',
      'needs-reauth: revoked_or_reused',
    ],
    [
      'B-33 everything, with a login page',
      1,
      { rawBody: '<html>log in</html>', headers: { 'content-type': 'text/html' } },
      'ERR_SERVER',
      'degraded: captive_portal',
    ],
    ['B-37 with an object', 1, { status: 400, json: { error: { code: 1 } } }, 'ERR_SERVER', 'degraded: server'],
    [
      'B-37 with 10 KB of error',
      1,
      { status: 400, json: { error: 'x'.repeat(10_240) } },
      'ERR_SERVER',
      'degraded: server',
    ],
    [
      'B-37 with escape sequences',
      1,
      { status: 400, json: { error: '\u001b[31mred' } },
      'ERR_SERVER',
      'degraded: server',
    ],
    ['B-05 once with 503', 1, { status: 503, rawBody: 'busy' }, 'ERR_SERVER', 'degraded: server'],
  ])('%s is classed by what it means, after exactly %i request', async (_name, times, given, code, state) => {
    const result = await renew(given)
    expect(result.token).toMatchObject({ code })
    expect({ state: result.state, posts: result.posts, stored: result.stored }).toEqual({
      state,
      posts: times,
      stored: OLD,
    })
    const message = String((result.token as Error).message)
    for (const foreign of ['log in<', 'xxxxx', '\u001b']) expect(message).not.toContain(foreign)
    expect(message).toContain('127.0.0.1')
  })

  it.each([
    ['B-29', 200, 'bad_refresh_token'],
    ['B-31', 400, 'invalid_request'],
  ])('%s with status %i and %s means a dead grant where the service is known for it', async (_id, status, error) => {
    const world = await scriptedWorld({ oauth: { quirks: { grantDeadErrors: [error] } } })
    const account = await world.account()
    world.service.tokens({ status, json: { error } })
    const thrown = await failure(world.manager.getAuthToken(account, 'notes'))
    expect(thrown).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' })
    expect(await world.stored(account)).toBe(OLD)
  })

  it.each([307, 308])(
    'B-01 by sending elsewhere with %i is not followed, and elsewhere nothing arrives',
    async (status) => {
      await using elsewhere = await startScriptedServer({ host: '127.0.0.2' })
      const { token, stored, state } = await renew({ status, headers: { location: `${elsewhere.origin}/token` } })
      expect(token).toMatchObject({ code: 'ERR_SERVER', reason: 'redirect' })
      expect({ stored, state }).toEqual({ stored: OLD, state: 'degraded: redirect' })
      expect([elsewhere.requests, elsewhere.connections]).toEqual([[], 0])
    },
  )

  const json = { 'content-type': 'application/json' }
  it.each<[string, TokenAnswer]>([
    ['without an end', { rawBody: ' ', endless: true, headers: json }],
    ['of 50 MB', { rawBody: Buffer.alloc(50 * 1024 * 1024, 32), headers: json }],
    [
      'that is small until it is unpacked',
      { rawBody: gzipSync(Buffer.alloc(5_000_000, 32)), headers: { ...json, 'content-encoding': 'gzip' } },
    ],
  ])('B-03 with a body %s is given up after 1 MiB, in doubt', async (_name, given) => {
    const { token, stored, posts } = await renew(given)
    expect(token).toMatchObject({ code: 'ERR_NETWORK', reason: 'ambiguous' })
    expect({ stored, posts }).toEqual({ stored: OLD, posts: 2 })
  })

  it('B-04 by never answering is given up after 30 s, asked once more at once, and then left alone', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    const never = Promise.withResolvers<void>()
    world.service.tokens({ hold: never.promise })
    const asking = failure(world.manager.getAuthToken(account, 'notes'))
    for (let post = 1; post <= 2; post += 1) {
      while (world.service.tokenRequests.length < post) await new Promise((resolve) => setImmediate(resolve))
      await world.clock.advance(30_000)
    }
    expect(await asking).toMatchObject({ code: 'ERR_NETWORK', reason: 'ambiguous' })
    expect(world.service.tokenRequests).toHaveLength(2)
    world.service.tokens(answer({}))
    await world.clock.advance(5 * MINUTE)
    expect((await world.manager.getAuthToken(account, 'notes')).value).toBe(TOKEN)
  })
})
