import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, BEN, listen, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'

describe('renameAccount', () => {
  it('T22, T335 gives the new name, keeps type, count and user data, and remembers the old name', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { userData: { key: 'value' } })
    await world.manager.addAccountExplicitly(BEN)
    expect(await world.manager.getPreviousName(account)).toBeUndefined()
    const renamed = await world.manager.renameAccount(account, 'anna')
    expect(renamed).toEqual({ ...account, name: 'anna' })
    expect((await world.manager.getAccounts()).map(({ name }) => name).sort()).toEqual(['anna', BEN.name])
    expect(await world.manager.findAccount(TYPE, ANA.name)).toBeUndefined()
    expect(await world.manager.findAccount(TYPE, 'anna')).toEqual(renamed)
    expect(await world.manager.getUserData(renamed, 'key')).toBe('value')
    expect(await world.manager.getPreviousName(renamed)).toBe(ANA.name)
    expect(await world.manager.removeAccountExplicitly(renamed)).toBe(true)
  })

  it('T395 to a name that is taken is ERR_ACCOUNT_EXISTS, and nothing changes', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    await world.manager.addAccountExplicitly(BEN)
    const heard = listen(world.manager)
    expect(await outcomeOf(world.manager.renameAccount(account, BEN.name))).toBe('ERR_ACCOUNT_EXISTS')
    expect(heard).toEqual([])
    expect(await world.manager.getAccount(account.id)).toEqual(account)
    expect(await world.manager.getPreviousName(account)).toBeUndefined()
  })

  it('T396 of an account that is not there is ERR_ACCOUNT_NOT_FOUND', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.removeAccountExplicitly(account)
    expect(await outcomeOf(world.manager.renameAccount(account, 'anna'))).toBe('ERR_ACCOUNT_NOT_FOUND')
  })

  it('T398 from A to B to C remembers B', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly({ type: TYPE, name: 'A' })
    await world.manager.renameAccount(account, 'B')
    await world.manager.renameAccount(account, 'C')
    expect(await world.manager.getPreviousName(account)).toBe('B')
    const again = await world.reopen()
    expect(await again.getPreviousName(account)).toBe('B')
    expect(await again.getAccountInfo(account)).toMatchObject({ previousName: 'B', account: { name: 'C' } })
  })

  it('T399 keeps id, password, tokens, grants, visibility, default and the time of the sign-in', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccount(TYPE, { name: ANA.name, authTokenType: 'calendar' })
    await world.manager.setDefaultAccount(TYPE, account)
    await world.manager.grantAuthToken(account, 'calendar', 'com.example.stranger')
    await world.manager.setAccountVisibility(account, 'com.example.stranger', 'visible')
    const before = await world.manager.getAccountInfo(account)
    world.clock.jump(1_000)
    const renamed = await world.manager.renameAccount(account, 'anna')
    expect(renamed.id).toBe(account.id)
    for (const isReopened of [false, true]) {
      const manager = isReopened ? await world.reopen() : world.manager
      expect(await manager.getPassword(account)).toBe('refresh-0')
      expect(await manager.peekAuthToken(account, 'calendar')).toMatchObject({
        value: 'token-1',
        account: { name: 'anna' },
      })
      expect(await manager.getAuthTokenGrants(account)).toMatchObject([{ authTokenType: 'calendar', allowed: true }])
      expect(await manager.getAccountVisibility(account, 'com.example.stranger')).toBe('visible')
      expect(await manager.getDefaultAccount(TYPE)).toEqual(renamed)
      expect((await manager.getAccountInfo(account)).lastAuthenticatedAt).toBe(before.lastAuthenticatedAt)
    }
  })

  it('T400 is announced once, as what it is', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const heard = listen(world.manager)
    await world.manager.renameAccount(account, 'anna')
    await world.manager.renameAccount(account, 'anna')
    expect(heard).toEqual(['account:renamed anna'])
  })

  it('T401 names that differ in case are different accounts; names that differ in Unicode form are one', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly({ type: TYPE, name: 'Zo\u00eb' })
    expect(await outcomeOf(world.manager.addAccountExplicitly({ type: TYPE, name: 'Zoe\u0308' }))).toBe(
      'ERR_ACCOUNT_EXISTS',
    )
    expect(await world.manager.findAccount(TYPE, 'Zoe\u0308')).toEqual(account)
    expect(await world.manager.findAccount(TYPE, 'zo\u00eb')).toBeUndefined()
    const lower = await world.manager.addAccountExplicitly({ type: TYPE, name: 'zo\u00eb' })
    expect(await outcomeOf(world.manager.renameAccount(lower, 'Zoe\u0308'))).toBe('ERR_ACCOUNT_EXISTS')
    expect(await world.manager.renameAccount(account, 'Zoe\u0308')).toEqual(account)
  })

  it('T358 a cached token is served under the new name', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const { value } = await world.manager.getAuthToken(account, 'calendar')
    await world.manager.renameAccount(account, 'anna')
    const other = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.getAuthToken(account, 'calendar')).toMatchObject({ value, account: { name: 'anna' } })
    expect((await world.manager.getAuthToken(other, 'calendar')).value).not.toBe(value)
  })
})
