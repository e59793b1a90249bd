import { createFakeAuthenticator, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, BEN, listen, OTHER_TYPE, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { openStranger, STRANGER, show } from './support/stranger.ts'

const visible = { visibility: { [STRANGER.id]: 'visible' } } as const

describe('listeners', () => {
  it('T57, T58, T315 are not called by being added, and once for each account that is added, with that account', async () => {
    await using world = await openTestManager()
    const heard: unknown[] = []
    world.manager.on('account:added', ({ account }) => heard.push(account))
    expect(heard).toEqual([])
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(heard).toEqual([account])
  })

  it('T318, T320 a snapshot is what getAccounts gives: the state before the first event', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const heard = listen(world.manager)
    const snapshot = await world.manager.getAccountsByType(TYPE)
    expect([snapshot, await world.manager.getAccountsByType(OTHER_TYPE), heard]).toEqual([[account], [], []])
  })

  it('T59, T321 that were removed are never called', async () => {
    await using world = await openTestManager()
    let calls = 0
    const listener = () => {
      calls += 1
    }
    world.manager.on('account:added', listener)
    await world.manager.addAccountExplicitly(ANA)
    world.manager.off('account:added', listener)
    await world.manager.addAccountExplicitly(BEN)
    expect(calls).toBe(1)
  })

  it('T270 removing one that was not there does nothing', async () => {
    await using world = await openTestManager()
    const heard = listen(world.manager)
    expect(world.manager.off('account:added', () => undefined)).toBe(world.manager)
    await world.manager.addAccountExplicitly(ANA)
    expect(heard).toHaveLength(1)
  })

  it('T316 that are no function are a TypeError', async () => {
    await using world = await openTestManager()
    for (const nothing of [undefined, null, 'listener']) {
      expect(() => world.manager.on('account:added', nothing as never)).toThrow(TypeError)
      expect(() => world.manager.once('account:added', nothing as never)).toThrow(TypeError)
    }
  })

  it('T317, T412 that were added twice are gone after one removal', async () => {
    await using world = await openTestManager()
    let calls = 0
    const listener = () => {
      calls += 1
    }
    world.manager.on('account:added', listener).on('account:added', listener)
    world.manager.off('account:added', listener)
    await world.manager.addAccountExplicitly(ANA)
    expect(calls).toBe(0)
  })

  it('T260 of two events are two registrations, each of which can be removed', async () => {
    await using world = await openTestManager()
    const heard: string[] = []
    const listener = ({ account }: { account: { name: string } }) => heard.push(account.name)
    world.manager.on('account:added', listener).on('account:removed', listener)
    world.manager.off('account:added', listener)
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.removeAccountExplicitly(account)
    expect(heard).toEqual([ANA.name])
  })

  it('T261, T263 hear one event for each change', async () => {
    await using world = await openTestManager()
    const heard = listen(world.manager)
    const ana = await world.manager.addAccountExplicitly(ANA)
    const ben = await world.manager.addAccountExplicitly(BEN)
    await world.manager.removeAccountExplicitly(ana)
    await world.manager.removeAccountExplicitly(ben)
    expect(heard).toEqual([
      `account:added ${ANA.name}`,
      `account:added ${BEN.name}`,
      `account:removed ${ANA.name}`,
      `account:removed ${BEN.name}`,
    ])
  })

  it('T262, T413 can tell by the account whether a change is theirs', async () => {
    const authenticators = [createFakeAuthenticator(), createFakeAuthenticator({ type: OTHER_TYPE })]
    await using world = await openTestManager({ authenticators })
    const [mine, all]: [string[], string[]] = [[], []]
    world.manager.on('account:added', ({ account }) => {
      all.push(account.name)
      if (account.type === OTHER_TYPE) mine.push(account.name)
    })
    await world.manager.addAccountExplicitly(ANA)
    await world.manager.addAccountExplicitly(BEN)
    expect([mine, all]).toEqual([[], [ANA.name, BEN.name]])
  })

  it('T264 of several apps hear what each of them sees', async () => {
    await using world = await openTestManager()
    const apps = ['com.example.one', 'com.example.two', 'com.example.three']
    const others = await Promise.all(apps.map((id) => world.another({ app: { id } })))
    const heard = others.map(listen)
    const visibility = Object.fromEntries(apps.slice(0, 2).map((id) => [id, 'visible' as const]))
    const account = await world.manager.addAccountExplicitly(ANA, { visibility })
    await world.manager.addAccountExplicitly(BEN)
    await Promise.all(others.map((other) => other.flush()))
    await world.manager.removeAccountExplicitly(account)
    await Promise.all(others.map((other) => other.flush()))
    const seen = [`account:added ${ANA.name}`, `account:removed ${ANA.name}`]
    expect(heard).toEqual([seen, seen, []])
  })

  it('T269, T368 hear that a password was set, also when it is the same, and its tokens are gone', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, {
      password: 'p',
      tokens: { calendar: { value: 'x' } },
    })
    const heard = listen(world.manager)
    await world.manager.setPassword(account, 'p')
    expect(heard).toEqual([`account:updated ${ANA.name}`])
    expect(await world.manager.peekAuthToken(account, 'calendar')).toBeUndefined()
  })

  it('T410 that throw keep nobody from hearing, and the change stands', async () => {
    await using world = await openTestManager()
    world.manager.on('account:added', () => {
      throw new Error('broken')
    })
    const heard = listen(world.manager)
    await world.manager.addAccountExplicitly(ANA)
    expect([heard.length, (await world.manager.getAccounts()).length]).toEqual([1, 1])
  })

  it('T411 that change accounts themselves hang nothing, and events stay in the order of their revisions', async () => {
    await using world = await openTestManager()
    const revisions: number[] = []
    const inner: Promise<unknown>[] = []
    world.manager.on('account:added', ({ account, revision }) => {
      revisions.push(revision)
      if (account.name === ANA.name) inner.push(world.manager.addAccountExplicitly(BEN))
      inner.push(world.manager.setPassword(account, 'x'))
    })
    world.manager.on('account:updated', ({ revision }) => revisions.push(revision))
    await world.manager.addAccountExplicitly(ANA)
    // Each round may start the next one, and waiting for it must not keep a failure from being told.
    for (let round = 0; round < 4; round++) {
      await Promise.all(inner)
      await world.manager.flush()
    }
    expect(revisions).toHaveLength(4)
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b))
  })

  it('T414 accounts whose authenticator is not here are listed as orphaned, and whole when it returns', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p', userData: { a: 'b' } })
    const without = await world.reopen({ authenticators: [] })
    expect(await without.getAccountInfo(account)).toMatchObject({ state: 'orphaned' })
    expect(await without.getAccounts()).toEqual([account])
    expect(await outcomeOf(without.getAuthToken(account, 'calendar'))).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
    without.registerAuthenticator(createFakeAuthenticator())
    expect(await without.getAccountInfo(account)).toMatchObject({ state: 'ok' })
    expect([await without.getPassword(account), await without.getUserData(account, 'a')]).toEqual(['p', 'b'])
  })

  it('a second authenticator for a type is ERR_AUTHENTICATOR_EXISTS, and the first one stays', async () => {
    await using world = await openTestManager()
    expect(() => world.manager.registerAuthenticator(createFakeAuthenticator())).toThrow(
      expect.objectContaining({ code: 'ERR_AUTHENTICATOR_EXISTS' }),
    )
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.getAuthToken(account, 'calendar')
    expect(world.authenticator.count('getAuthToken')).toBe(1)
  })

  it('of a stranger hear an account that comes into sight as added', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const stranger = await openStranger(world)
    const heard = listen(stranger)
    await show(world, stranger, account)
    await world.manager.addAccountExplicitly(BEN, visible)
    await stranger.flush()
    expect(heard).toEqual([`account:added ${ANA.name}`, `account:added ${BEN.name}`])
  })
})
