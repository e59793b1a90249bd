import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { openStranger, show } from './support/stranger.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

describe('a cached token', () => {
  it('T356 of a removed account is not served: ERR_ACCOUNT_NOT_FOUND, and nobody is asked', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.getAuthToken(account, 'calendar')
    await world.manager.removeAccountExplicitly(account)
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ERR_ACCOUNT_NOT_FOUND')
    expect(world.authenticator.count('getAuthToken')).toBe(1)
  })

  it('T357 is not inherited by an account that is added under the same name', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { tokens: { calendar: { value: 'old' } } })
    await world.manager.getAuthToken(account, 'calendar')
    await world.manager.removeAccountExplicitly(account)
    const again = await world.manager.addAccountExplicitly(ANA)
    expect(again.id).not.toBe(account.id)
    expect(await world.manager.peekAuthToken(again, 'calendar')).toBeUndefined()
    expect((await world.manager.getAuthToken(again, 'calendar')).value).toBe('token-1')
  })

  it('T359 that replaced an older one survives a late invalidation of the older one', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const old = await world.manager.getAuthToken(account, 'calendar')
    const fresh = await world.manager.getAuthToken(account, 'calendar', { forceRefresh: true })
    await world.manager.invalidateAuthToken(old)
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe(fresh.value)
    expect(world.authenticator.count('getAuthToken')).toBe(2)
  })

  it('T360 is one for each set of scopes and of options', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const wanted = [
      ['calendar', undefined],
      ['calendar', { tenant: 'a' }],
      ['calendar', { tenant: 'b' }],
      [{ scopes: ['x'] }, undefined],
      [{ scopes: ['x', 'y'] }, undefined],
      [{ scopes: ['x'], resource: 'https://r.example.com' }, undefined],
    ] as const
    const get = async ([type, options]: (typeof wanted)[number]) =>
      (await world.manager.getAuthToken(account, type as never, options === undefined ? {} : { options })).value
    const values: string[] = []
    for (const each of wanted) values.push(await get(each))
    expect(new Set(values).size).toBe(wanted.length)
    for (const [n, each] of wanted.entries()) expect(await get(each)).toBe(values[n])
    expect(world.authenticator.count('getAuthToken')).toBe(wanted.length)
    expect(await get([{ scopes: ['y', 'x', 'y'] }, undefined] as never)).toBe(values[4])
  })

  it('T362 is served until its end and not at it', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const expiresAt = world.clock.now() + 1_000
    world.authenticator.next('getAuthToken', { value: 'a', expiresAt })
    await world.manager.getAuthToken(account, 'calendar')
    world.clock.setWallClock(expiresAt - 1)
    expect((await world.manager.getAuthToken(account, 'calendar', { minValidityMs: 0 })).value).toBe('a')
    expect((await world.manager.peekAuthToken(account, 'calendar'))?.value).toBe('a')
    world.clock.setWallClock(expiresAt)
    expect(await world.manager.peekAuthToken(account, 'calendar')).toBeUndefined()
    expect((await world.manager.getAuthToken(account, 'calendar', { minValidityMs: 0 })).value).toBe('token-1')
    for (const at of [world.clock.now(), world.clock.now() - 1]) {
      await world.manager.setAuthToken(account, 'mail', { value: 'ended', expiresAt: at })
      expect(await world.manager.peekAuthToken(account, 'mail')).toBeUndefined()
    }
  })

  it('T364 that ends within the validity that is asked for is renewed', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.getAuthToken(account, 'calendar')
    world.clock.jump(HOUR - 5 * MINUTE)
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect((await world.manager.getAuthToken(account, 'calendar', { minValidityMs: 10 * MINUTE })).value).toBe(
      'token-2',
    )
  })

  it('T365 of one principal is not given to another, where the authenticator tells them apart', async () => {
    await using world = await openTestManager({ authenticator: { capabilities: { tokensPerPrincipal: true } } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const own = await world.manager.getAuthToken(account, 'calendar')
    const stranger = await openStranger(world, { authenticators: [world.authenticator] })
    await show(world, stranger, account)
    const theirs = await stranger.getAuthToken(account, 'calendar')
    expect(theirs.value).not.toBe(own.value)
    expect(world.authenticator.callsOf('getAuthToken').map(({ context }) => context.principal)).toEqual([
      'com.example.test',
      'com.example.stranger',
    ])
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe(own.value)
  })

  it('T369 is dropped in memory and in the vault by a new password', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    const other = await world.another({ authenticators: [world.authenticator] })
    for (const manager of [world.manager, other]) await manager.getAuthToken(account, 'calendar')
    await world.manager.setPassword(account, 'q')
    await other.flush()
    for (const manager of [world.manager, other])
      expect(await manager.peekAuthToken(account, 'calendar')).toBeUndefined()
    expect((await other.getAuthToken(account, 'calendar')).value).toBe('token-2')
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe('token-2')
  })

  it('T372 is not served from the memory of one process when another invalidated it', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const other = await world.another({ authenticators: [world.authenticator] })
    const token = await world.manager.getAuthToken(account, 'calendar')
    await other.getAuthToken(account, 'calendar')
    await world.manager.invalidateAuthToken(token)
    await other.flush()
    expect((await other.getAuthToken(account, 'calendar')).value).toBe('token-2')
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe('token-2')
  })
})
