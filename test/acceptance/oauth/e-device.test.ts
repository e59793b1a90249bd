import type { InteractionHandler } from '@accountry/accounts'
import { startAuthorizationServer } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failure, letOut, secret } from './support/canaries.ts'
import { goodTokens, type TokenAnswer } from './support/service.ts'
import { until, Wire } from './support/wire.ts'
import { MINUTE, openWorld, scriptedWorld } from './support/world.ts'

const CODE = {
  device_code: secret('device code'),
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://as.example/device',
  expires_in: 900,
}
const pending: TokenAnswer = { status: 400, json: { error: 'authorization_pending' } }
const slowDown: TokenAnswer = { status: 400, json: { error: 'slow_down' } }

type Shown = Parameters<NonNullable<InteractionHandler['showDeviceCode']>>[0]

/** Signs in on another device. @returns When the server was asked, in seconds after the code was shown. */
async function signIn(device: object, answers: readonly TokenAnswer[], sleepAfter = Number.POSITIVE_INFINITY) {
  const polledAt: number[] = []
  const wire = new Wire((url) => {
    if (url.endsWith('/token')) polledAt.push(Math.round((world.clock.monotonic() - startedAt) / 1000))
  })
  const shown: Shown[] = []
  const world = await scriptedWorld({
    oauth: { flow: 'device-code', nameClaims: ['sub'] },
    fetch: wire.fetch,
    interaction: { showDeviceCode: async (request) => void shown.push(request) },
  })
  world.service.server.on('/device', { json: { ...CODE, ...device } })
  const good: TokenAnswer = async () => ({ json: { ...goodTokens(), id_token: await world.service.idToken() } })
  world.service.tokens(...answers, good)
  let end: unknown
  // Two more than now: the end of the person's patience, and the flow that waits for its next request.
  const waiting = world.clock.pendingTimers + 2
  const adding = world.signIn().then(
    (account) => account,
    (error: unknown) => error,
  )
  void adding.then((outcome) => {
    end = outcome
  })
  const startedAt = world.clock.monotonic()
  let isAsleep = false
  for (let second = 0; end === undefined && second < 2_000; second += 1) {
    await until(() => end !== undefined || (wire.isQuiet && shown.length > 0 && world.clock.pendingTimers >= waiting))
    if (polledAt.length >= sleepAfter && !isAsleep) {
      isAsleep = true
      world.clock.suspend(20 * MINUTE)
    }
    if (end === undefined) await world.clock.advance(1_000)
  }
  const outcome = (await adding) as { readonly code?: string; readonly name?: string }
  if (outcome instanceof Error) await failure(Promise.reject(outcome))
  letOut('shown', shown)
  return { world, outcome, polledAt, shown, starts: world.service.server.requestsTo('/device').length }
}

describe('a sign-in with a device code', () => {
  it.each<[string, object, readonly TokenAnswer[], readonly number[]]>([
    ['E-02 slows down by five seconds for good', {}, [slowDown, slowDown, pending], [5, 15, 30, 45]],
    [
      'E-03 takes the interval that comes with slow_down, also with status 200',
      {},
      [{ json: { error: 'slow_down', interval: 20 } }],
      [5, 25],
    ],
    ['E-04 waits a second where the server says so', { interval: 1 }, [pending], [1, 2]],
    [
      'E-10 waits as long as a busy server asks',
      {},
      [{ status: 503, rawBody: 'busy', headers: { 'retry-after': '30' } }],
      [5, 40],
    ],
    ['E-10 waits as long as a throttling one asks', {}, [{ status: 429, headers: { 'retry-after': '30' } }], [5, 40]],
    ['E-14 never asks more often than every second, for an interval of zero', { interval: 0 }, [pending], [1, 2]],
    ['E-14 nor for a negative one', { interval: -1 }, [pending], [1, 2]],
    ['E-14 reads an interval that is a text', { interval: '7' }, [pending], [7, 14]],
    ['E-14 waits no longer than a minute', { interval: 1e9 }, [pending], [60, 120]],
  ])('%s', async (_name, device, answers, seconds) => {
    const { outcome, polledAt } = await signIn(device, answers)
    expect(outcome).toMatchObject({ name: 'ana' })
    expect(polledAt).toEqual(seconds)
  })

  it.each<[string, TokenAnswer, string]>([
    ['E-06 the person says no', { status: 400, json: { error: 'access_denied' } }, 'ERR_DENIED'],
    ['E-07 the code has ended', { status: 400, json: { error: 'expired_token' } }, 'ERR_INTERACTION_TIMEOUT'],
    ['E-08 nobody knows what is wrong', { status: 400, json: { error: 'foo' } }, 'ERR_MISCONFIGURED'],
  ])('stops when %s, and begins nothing anew', async (_name, answer, code) => {
    const { outcome, polledAt, starts, world } = await signIn({}, [answer])
    expect(outcome).toMatchObject({ code })
    expect([polledAt, starts]).toEqual([[5], 1])
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it.each([
    ['E-11', 12],
    ['E-14', '12'],
  ])('%s stops at the end of the code, without asking, when it lives for %j seconds', async (_id, expires_in) => {
    const { outcome, polledAt, starts } = await signIn({ expires_in }, [pending, pending, pending])
    expect(outcome).toMatchObject({ code: 'ERR_INTERACTION_TIMEOUT' })
    expect([polledAt, starts]).toEqual([[5, 10], 1])
  })

  it('E-12 knows after a sleep of twenty minutes that the code has ended, and asks no more', async () => {
    const { outcome, polledAt } = await signIn({}, [pending, pending, pending, pending], 2)
    expect(outcome).toMatchObject({ code: 'ERR_INTERACTION_TIMEOUT' })
    expect(polledAt).toEqual([5, 10])
  })

  it('E-06 is denied by a real server whose person says no', async () => {
    const server = await startAuthorizationServer()
    onTestFinished(() => server.close())
    const wire = new Wire()
    let denied: Promise<void> | undefined
    const world = await openWorld(server, {
      oauth: { flow: 'device-code', tokenTypes: { tasks: { scopes: ['tasks.read'] } } },
      fetch: wire.fetch,
      interaction: {
        showDeviceCode: async ({ userCode }) => {
          denied = server.denyDevice(userCode)
        },
      },
    })
    const adding = failure(world.signIn())
    await until(() => denied !== undefined && wire.isQuiet)
    await denied
    await world.clock.advance(5_000)
    expect((await adding).code).toBe('ERR_DENIED')
  })
})
