import { type AuthorizationServer, createFakeClock, type FakeClock, startAuthorizationServer } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failure, watch } from './support/canaries.ts'
import { HOUR, openWorld, type World, type WorldOptions } from './support/world.ts'

const TYPES = { tasks: { scopes: ['tasks.read'] }, notes: { scopes: ['tasks.write'] }, files: { scopes: ['api'] } }
const NAMES = Object.keys(TYPES)

type Options = NonNullable<Parameters<typeof startAuthorizationServer>[0]>

interface Scene {
  readonly server: AuthorizationServer
  readonly clock: FakeClock
  readonly world: World
  readonly account: Awaited<ReturnType<World['account']>>
  readonly refreshToken: string
  posts(): number
}

/** An account at a real server that ends the grant when a refresh token comes twice. */
async function scene(options: Options = {}, worldOptions: WorldOptions = {}): Promise<Scene> {
  const clock = createFakeClock(Date.now())
  const server = await startAuthorizationServer({ rotation: 'strict', clock, ...options })
  onTestFinished(() => server.close())
  const world = await openWorld(server, { clock, oauth: { tokenTypes: TYPES }, ...worldOptions })
  const refreshToken = watch('minted refresh token', await server.mintRefreshToken())
  const account = await world.account('ana@example.com', refreshToken)
  const posts = (): number => server.requestsTo('token', 'refresh_token').length
  return { server, clock, world, account, refreshToken, posts }
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

describe('renewals at a strict server', () => {
  it('C-03 for a hundred callers and three types are made one after the other, no refresh token twice', async () => {
    const { server, world, account, posts } = await scene()
    const wanted = Array.from({ length: 100 }, (_, n) => world.manager.getAuthToken(account, NAMES[n % 3] ?? ''))
    const tokens = await Promise.all(wanted)
    expect(new Set(tokens.map(({ value }) => value)).size).toBe(3)
    expect([posts(), server.inFlight.max]).toEqual([3, 1])
    const sent = server.requestsTo('token', 'refresh_token').map(({ params }) => params['refresh_token'])
    expect(new Set(sent).size).toBe(3)
    expect(await server.isRefreshTokenAlive((await world.stored(account)) ?? '')).toBe(true)
  })

  it('C-28 of three managers in one process are one, and nobody waits for himself', async () => {
    const { server, world, account, posts } = await scene()
    const managers = [world.manager, await world.another(), await world.another()]
    const tokens = await Promise.all(managers.map((manager) => manager.getAuthToken(account.id, 'tasks')))
    expect(new Set(tokens.map(({ value }) => value)).size).toBe(1)
    expect(posts()).toBe(1)
    expect(await server.isRefreshTokenAlive((await world.stored(account)) ?? '')).toBe(true)
  })

  it('C-15 whose answer is lost are asked for once more, and then it is said that it was lost', async () => {
    const { server, world, account, refreshToken, posts } = await scene()
    server.faults.next('token', { dropAfter: true })
    for (let call = 0; call < 3; call += 1) {
      const error = await failure(world.manager.getAuthToken(account, 'tasks', { interaction: 'notify' }))
      expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'rotation_response_lost' })
    }
    expect(posts()).toBe(2)
    expect(await world.state(account)).toBe('needs-reauth: rotation_response_lost')
    expect(await world.stored(account)).toBe(refreshToken)
    expect(world.attention).toEqual(['rotation_response_lost'])
  })

  it('C-16 go on for the one who waits when the other gives up', async () => {
    const { server, world, account, posts } = await scene()
    const release = Promise.withResolvers<void>()
    server.faults.next('token', { hold: release.promise })
    const impatient = new AbortController()
    const first = failure(world.manager.getAuthToken(account, 'tasks', { signal: impatient.signal }))
    const second = world.manager.getAuthToken(account, 'tasks')
    await until(() => posts() === 1)
    impatient.abort()
    expect((await first).code).toBe('ERR_ABORTED')
    release.resolve()
    expect((await second).value).toBeTruthy()
    expect(posts()).toBe(1)
    expect(await server.isRefreshTokenAlive((await world.stored(account)) ?? '')).toBe(true)
  })

  it('C-17 that hang let the others go in time, and no crowd follows', async () => {
    const { server, world, account, posts } = await scene()
    const release = Promise.withResolvers<void>()
    server.faults.next('token', { hold: release.promise })
    const holder = world.manager.getAuthToken(account, 'tasks')
    await until(() => posts() === 1)
    const other = await world.another({}, { timeouts: { leaseMs: 200 } })
    const waiting = Array.from({ length: 20 }, () => failure(other.getAuthToken(account.id, 'tasks')))
    for (const error of await Promise.all(waiting)) {
      expect(error).toMatchObject({ code: 'ERR_LOCK_TIMEOUT', retryable: true })
    }
    release.resolve()
    const { value } = await holder
    const again = await Promise.all(Array.from({ length: 20 }, () => other.getAuthToken(account.id, 'tasks')))
    expect(new Set(again.map((token) => token.value))).toEqual(new Set([value]))
    expect(posts()).toBe(1)
  })

  it('C-19, E-25 of an account that is removed meanwhile are revoked and bring nothing back', async () => {
    const { server, world, account, posts } = await scene()
    const release = Promise.withResolvers<void>()
    server.faults.next('token', { hold: release.promise })
    const asking = failure(world.manager.getAuthToken(account, 'tasks'))
    await until(() => posts() === 1)
    expect(await world.manager.removeAccount(account)).toBe('removed')
    expect(await world.manager.getAccounts()).toEqual([])
    release.resolve()
    expect(['ERR_ACCOUNT_NOT_FOUND', 'ERR_ABORTED']).toContain((await asking).code)
    await world.manager.close()
    expect(server.requestsTo('revocation').length).toBeGreaterThan(0)
    const issued = server.requestsTo('revocation').map(({ params }) => params['token'] ?? '')
    for (const token of issued) expect(await server.isRefreshTokenAlive(token)).toBe(false)
    const restarted = await world.another()
    expect(await restarted.getAccounts()).toEqual([])
  })

  it('C-20 of a dead grant are made once, whatever starts anew, until the person has signed in', async () => {
    const { server, clock, world, account, refreshToken, posts } = await scene()
    await server.revokeGrant(refreshToken)
    for (let call = 0; call < 3; call += 1) await failure(world.manager.getAuthToken(account, 'tasks'))
    const restarted = await world.restart()
    clock.jump(1_000 * HOUR)
    const error = await failure(restarted.getAuthToken(account.id, 'notes'))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused', action: 'sign-in' })
    expect(posts()).toBe(1)
    expect(await restarted.getAccounts()).toEqual([account])
    await restarted.setPassword(account.id, watch('second refresh token', await server.mintRefreshToken()))
    expect((await restarted.getAuthToken(account.id, 'tasks')).value).toBeTruthy()
  })
})

describe('a vault that two programs with different clients share', () => {
  it('lets neither send the refresh token of the other, nor change its account', async () => {
    const { server, world, account, refreshToken, posts } = await scene()
    await world.manager.getAuthToken(account, 'tasks')
    const before = await world.manager.getAccountInfo(account)
    const { clientId, clientSecret } = server.confidentialClient
    const stranger = await world.another({ clientId, clientSecret })
    const error = await failure(stranger.getAuthToken(account.id, 'notes'))
    expect(error).toMatchObject({ code: 'ERR_MISCONFIGURED', reason: 'other-client' })
    expect(posts()).toBe(1)
    expect(await world.manager.getAccountInfo(account)).toEqual(before)
    const own = await stranger.addAccountExplicitly(
      { type: account.type, name: 'ben@example.com' },
      { password: watch('refresh token of the other', await server.mintRefreshToken({ user: 'ben', clientId })) },
    )
    await stranger.getAuthToken(own.id, 'notes')
    expect(await failure(world.manager.getAuthToken(own.id, 'tasks'))).toMatchObject({ reason: 'other-client' })
    const byClient = server
      .requestsTo('token', 'refresh_token')
      .map(({ params, headers }) => [params['refresh_token'] === refreshToken, headers.authorization === undefined])
    expect(byClient).toEqual([
      [true, true],
      [false, false],
    ])
    for (const each of [account, own]) expect(await world.state(each)).toBe('ok')
  })
})
