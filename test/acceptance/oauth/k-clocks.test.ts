import { join } from 'node:path'
import { createFakeClock, type FakeClock, startProcess, startScriptedServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { letOutBy, secret, vaultFolder } from './support/canaries.ts'
import type { RenewJob } from './support/renew-process.ts'
import { goodTokens } from './support/service.ts'
import { turn, until } from './support/wire.ts'
import { HOUR, MINUTE, scriptedWorld, type WorldOptions } from './support/world.ts'

const DAY = 24 * HOUR
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** An account with a fresh token that lives an hour, or as long as is said. */
async function fresh(expires_in = 3600, options: WorldOptions = {}) {
  const world = await scriptedWorld(options)
  const account = await world.account()
  world.service.tokens({ json: { ...goodTokens(), expires_in } })
  const { expiresAt } = await world.manager.getAuthToken(account, 'notes')
  /** Asks often; @returns how many requests there were in all. */
  const posts = async (): Promise<number> => {
    for (let call = 0; call < 20; call += 1) await world.manager.getAuthToken(account, 'notes')
    return world.service.tokenRequests.length
  }
  return { world, account, clock: world.clock, expiresAt, posts }
}

describe('a clock that is wrong', () => {
  it.each([
    ['K-01 behind', -10 * MINUTE],
    ['K-02 ahead', 10 * MINUTE],
  ])('%s by ten minutes makes no token end early or late, and causes no second request', async (_name, off) => {
    const clock = createFakeClock(Date.now() + off)
    const { expiresAt, posts } = await fresh(300, { clock })
    expect(Math.abs((expiresAt ?? 0) - clock.now() - 300_000)).toBeLessThan(5_000)
    expect(await posts()).toBe(1)
    await clock.advance(299_000)
    await clock.advance(2_000)
    expect(await posts()).toBe(2)
  })
})

describe('a token that lives very long', () => {
  it.each([
    ['30 days', 30],
    ['10 years', 3650],
  ])(
    'K-05 for %s starts no timer that a system cannot hold, and is renewed when its time has come',
    async (_name, days) => {
      const delays: number[] = []
      const clock = watched(createFakeClock(Date.now()), delays)
      const { world, account, posts } = await fresh(days * 86_400, { clock, background: true })
      await clock.advance(2 * MINUTE)
      expect(await posts()).toBe(1)
      // Nine tenths of its life are over when it is renewed ahead, with what may be added by chance.
      clock.suspend(days * DAY * 0.995)
      await clock.advance(MINUTE)
      await until(() => world.service.tokenRequests.length === 2)
      expect(Math.max(...delays)).toBeLessThanOrEqual(LONGEST_TIMER_MS)
      expect(await world.state(account)).toBe('ok')
    },
  )
})

describe('a clock that jumps', () => {
  it('K-06 a day ahead costs one renewal', async () => {
    const { clock, posts } = await fresh()
    clock.jump(DAY)
    expect(await posts()).toBe(2)
    expect(await posts()).toBe(2)
  })

  it('K-06 a day back does not keep a token alive for a day', async () => {
    const { clock, posts } = await fresh()
    clock.jump(-DAY)
    expect(await posts()).toBeLessThanOrEqual(2)
    const before = await posts()
    await clock.advance(HOUR)
    expect(await posts()).toBe(before + 1)
  })

  it('K-06 an hour for daylight saving changes nothing: instants have no zone', async () => {
    const zone = process.env['TZ']
    process.env['TZ'] = 'Europe/Berlin'
    try {
      const clock = createFakeClock(Date.UTC(2026, 9, 25, 0, 30))
      const { posts } = await fresh(3600, { clock })
      await clock.advance(45 * MINUTE)
      expect(await posts()).toBe(1)
      await clock.advance(15 * MINUTE)
      expect(await posts()).toBe(2)
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    }
  })

  it('K-06 beyond 2038 is a time like any other', async () => {
    const clock = createFakeClock(Date.UTC(2038, 0, 19, 3, 0))
    const { expiresAt, posts } = await fresh(3600, { clock })
    expect(expiresAt).toBe(clock.now() + HOUR)
    await clock.advance(HOUR)
    expect(await posts()).toBe(2)
  })
})

describe('a machine that sleeps', () => {
  it.each([{ monotonicMoves: false }, { monotonicMoves: true }])(
    'K-06 for a night renews once when it wakes (%o)',
    async (how) => {
      const { world, clock, posts } = await fresh(3600, { background: true })
      clock.suspend(8 * HOUR, how)
      expect(await posts()).toBe(2)
      await clock.advance(MINUTE)
      for (let each = 0; each < 20; each += 1) await turn()
      expect(world.service.tokenRequests).toHaveLength(2)
    },
  )
})

describe('a process that wants to end', () => {
  it('K-08 is not kept alive by timers, watchers and a manager that nobody closed', async () => {
    await using service = await startScriptedServer()
    service.on('/token', { json: { ...goodTokens(), expires_in: 600 } })
    const script = new URL('support/forgetful-process.ts', import.meta.url)
    await using child = startProcess<RenewJob>(script)
    const keyFile = join(vaultFolder(), 'key')
    const tokenEndpoint = `${service.origin}/token`
    child.send({ directory: vaultFolder(), keyFile, tokenEndpoint, refreshToken: secret('refresh token') })
    await child.next()
    expect(await child.exited).toEqual({ code: 0, signal: null })
    letOutBy({ stdout: child.stdout, stderr: child.stderr })
  })
})

/** The same clock, with every delay written down. */
function watched(clock: FakeClock, delays: number[]): FakeClock {
  const setTimer: FakeClock['setTimer'] = (run, afterMs) => {
    delays.push(afterMs)
    return clock.setTimer(run, afterMs)
  }
  return Object.create(clock, { setTimer: { value: setTimer } }) as FakeClock
}
