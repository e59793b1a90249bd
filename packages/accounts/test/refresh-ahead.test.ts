import { createFakeAuthenticator, createFakeClock, type FakeAuthenticator, type FakeClock } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { aheadMs, RefreshAhead } from '../src/refresh-ahead.ts'
import { brokenConnection, invalidGrant, offline } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

async function open(clock: FakeClock, authenticator: FakeAuthenticator, directory = tempFolder(), background = true) {
  return await openManager({ clock, directory, authenticators: [authenticator], background })
}

describe('when a token is renewed ahead', () => {
  it.each([
    ['an hour, asked for a minute', HOUR, MINUTE, 6 * MINUTE],
    ['a day, asked for a minute', 24 * HOUR, MINUTE, 144 * MINUTE],
    ['ten minutes, asked for a minute', 10 * MINUTE, MINUTE, 2 * MINUTE],
    ['one minute, of which a quarter counts', MINUTE, MINUTE / 4, MINUTE / 2],
  ])('a token of %s', (_what, lifetime, effectiveValidityMs, expected) => {
    expect(aheadMs({ obtainedAt: 0, expiresAt: lifetime, effectiveValidityMs })).toBe(expected)
  })

  it('waits until it is due, and no longer than thirty seconds at once', async () => {
    const clock = createFakeClock()
    const ahead = new RefreshAhead({ clock, log: silent, random: () => 0 })
    const renewedAt: number[] = []
    const start = clock.now()
    ahead.watch({
      account: 'a',
      key: 'k',
      obtainedAt: start,
      expiresAt: start + HOUR,
      effectiveValidityMs: MINUTE,
      renew: async () => renewedAt.push(clock.now() - start),
    })
    expect(clock.nextTimerMs).toBe(30_000)
    await clock.advance(HOUR)
    expect(renewedAt).toHaveLength(1)
    expect(renewedAt[0]).toBeGreaterThanOrEqual(54 * MINUTE)
    expect(renewedAt[0]).toBeLessThanOrEqual(54 * MINUTE + 30_000)
    expect(clock.pendingTimers).toBe(0)
    ahead.stop()
  })

  it('renews no more accounts at once than it may (C-27)', async () => {
    const clock = createFakeClock()
    const ahead = new RefreshAhead({ clock, log: silent, random: () => 0, concurrency: 4 })
    let [running, most, done] = [0, 0, 0]
    const finish: (() => void)[] = []
    for (let n = 0; n < 30; n++) {
      ahead.watch({
        account: `account-${n}`,
        key: 'k',
        obtainedAt: clock.now(),
        expiresAt: clock.now() + HOUR,
        effectiveValidityMs: MINUTE,
        renew: async () => {
          running += 1
          most = Math.max(most, running)
          await new Promise<void>((resolve) => finish.push(resolve))
          running -= 1
          done += 1
        },
      })
    }
    clock.suspend(10 * HOUR)
    for (let round = 0; done < 30 && round < 100; round++) {
      await clock.advance(30_000)
      for (const end of finish.splice(0)) end()
    }
    expect([most, done]).toEqual([4, 30])
    ahead.stop()
  })

  it('is stopped for good', async () => {
    const clock = createFakeClock()
    const ahead = new RefreshAhead({ clock, log: silent, random: () => 0 })
    let renewed = 0
    const token = {
      account: 'a',
      key: 'k',
      obtainedAt: clock.now(),
      expiresAt: clock.now() + HOUR,
      effectiveValidityMs: MINUTE,
      renew: async () => (renewed += 1),
    }
    ahead.watch(token)
    ahead.stop()
    ahead.watch(token)
    await clock.advance(2 * HOUR)
    expect([renewed, clock.pendingTimers]).toEqual([0, 0])
  })
})

describe('a host that lives long', () => {
  it('has a fresh token before the old one ends, while callers still get the old one', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator({ rotates: true })]
    const manager = await open(clock, authenticator)
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    await manager.getAuthToken(account, 'calendar')
    clock.jump(54 * MINUTE)
    authenticator.hold('getAuthToken')
    await clock.advance(MINUTE)
    await authenticator.whenCalled('getAuthToken', 2)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    authenticator.release()
    await clock.advance(1_000)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-2')
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('goes on doing so', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator({ rotates: true })]
    const manager = await open(clock, authenticator)
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    await manager.getAuthToken(account, 'calendar')
    for (let round = 2; round <= 4; round++) {
      clock.jump(54 * MINUTE)
      await clock.advance(MINUTE)
      await authenticator.whenCalled('getAuthToken', round)
      await clock.advance(1_000)
    }
    expect((await manager.peekAuthToken(account, 'calendar'))?.value).toBe('token-4')
  })

  it('renews once, also when two of them watch the same token', async () => {
    const [clock, authenticator, directory] = [
      createFakeClock(),
      createFakeAuthenticator({ rotates: true }),
      tempFolder(),
    ]
    const managers = [await open(clock, authenticator, directory), await open(clock, authenticator, directory)]
    const account = await managers[0]?.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    for (const manager of managers) await manager.getAuthToken(account?.id ?? '', 'calendar')
    clock.jump(54 * MINUTE)
    await clock.advance(2 * MINUTE)
    await authenticator.whenCalled('getAuthToken', 2)
    await clock.advance(1_000)
    for (const manager of managers) await manager.flush()
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('leaves a failure to the next caller, and a token that is still good in use', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator({ rotates: true })]
    const manager = await open(clock, authenticator)
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    await manager.getAuthToken(account, 'calendar')
    authenticator.next('getAuthToken', offline())
    clock.jump(54 * MINUTE)
    await clock.advance(MINUTE)
    await authenticator.whenCalled('getAuthToken', 2)
    await clock.advance(1_000)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('renews nothing of an account that was removed, or that nobody serves any more', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator()]
    const manager = await open(clock, authenticator)
    const accounts = [
      await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }),
      await manager.addAccountExplicitly({ type: TYPE, name: 'ben' }),
    ]
    for (const account of accounts) await manager.getAuthToken(account, 'calendar')
    await manager.removeAccountExplicitly(accounts[0] ?? '')
    manager.unregisterAuthenticator(TYPE)
    clock.jump(54 * MINUTE)
    await clock.advance(5 * MINUTE)
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('leaves no timer behind when it is closed', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator()]
    const manager = await open(clock, authenticator)
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await manager.getAuthToken(account, 'calendar')
    await manager.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('calls for attention when the person is needed', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator()]
    const manager = await open(clock, authenticator)
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const heard: unknown[] = []
    manager.on('account:attention', ({ reason }) => heard.push(reason))
    await manager.getAuthToken(account, 'calendar')
    authenticator.next('getAuthToken', brokenConnection(), invalidGrant())
    clock.jump(54 * MINUTE)
    await clock.advance(MINUTE)
    await authenticator.whenCalled('getAuthToken', 3)
    await clock.advance(1_000)
    expect(heard).toEqual(['rotation_response_lost'])
  })
})

describe('a host that did not ask for it', () => {
  it('renews nothing by itself', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator()]
    const manager = await open(clock, authenticator, tempFolder(), false)
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await manager.getAuthToken(account, 'calendar')
    clock.jump(54 * MINUTE)
    await clock.advance(5 * MINUTE)
    expect(authenticator.count('getAuthToken')).toBe(1)
  })
})
