import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, BEN, listen } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'

const ABSENT = '00000000-0000-4000-8000-000000000000'

describe('removeAccount', () => {
  it('T8, T202, T312 an authenticator that says no keeps the account; it can ask the person first', async () => {
    await using world = await openTestManager({ authenticator: { removalAllowed: false } })
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.removeAccount(account)).toBe('denied')
    expect(await world.manager.getAccounts()).toEqual([account])
    world.authenticator.next('getAccountRemovalAllowed', async (_request, context) => {
      await context.interaction?.openBrowser?.({
        url: new URL('https://id.example.com/really'),
        signal: context.signal,
      })
      return true
    })
    expect(await world.manager.removeAccount(account)).toBe('removed')
    expect(world.interaction.count('openBrowser')).toBe(1)
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T9 an authenticator that does not say anything allows it', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.removeAccount(account)).toBe('removed')
    expect([world.authenticator.count(), await world.manager.getAccounts()]).toEqual([0, []])
  })

  it('T10, T201, T310, T311 an authenticator that says yes: it is gone when the answer arrives', async () => {
    await using world = await openTestManager({ authenticator: { removalAllowed: true } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const other = await world.manager.addAccountExplicitly(BEN)
    expect(await world.manager.removeAccount(account)).toBe('removed')
    expect(await world.manager.getAccounts()).toEqual([other])
    expect(world.authenticator.callsOf('getAccountRemovalAllowed').map(({ request }) => request.account)).toEqual([
      account,
    ])
  })

  it('T12, T309, T314 an account that was never there is not found, nothing else is touched, nothing is announced', async () => {
    await using world = await openTestManager({ authenticator: { removalAllowed: true } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const heard = listen(world.manager)
    expect(await world.manager.removeAccount(ABSENT)).toBe('not-found')
    expect([heard, world.authenticator.count(), await world.manager.getAccounts()]).toEqual([[], 0, [account]])
  })

  it('T197, T308 without an account it is a TypeError, the authenticator is not asked, others stay', async () => {
    await using world = await openTestManager({ authenticator: { removalAllowed: true } })
    const account = await world.manager.addAccountExplicitly(ANA)
    for (const nothing of [undefined, null, '']) {
      expect(await outcomeOf(world.manager.removeAccount(nothing as never))).toBe('TypeError')
    }
    expect([world.authenticator.count(), await world.manager.getAccounts()]).toEqual([0, [account]])
  })

  it('T203 an authenticator that wants the person gets them with its request intact', async () => {
    await using world = await openTestManager({ authenticator: { removalAllowed: true } })
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next('getAccountRemovalAllowed', async (_request, context) => {
      await context.interaction?.openBrowser?.({
        url: new URL('https://id.example.com/x'),
        account,
        signal: context.signal,
      })
      return false
    })
    expect(await world.manager.removeAccount(account)).toBe('denied')
    expect(world.interaction.requestsOf('openBrowser')[0]?.request).toMatchObject({ account })
  })
})

describe('removeAccountExplicitly', () => {
  it('T11, T345 tells whether there was one, and does not ask the authenticator', async () => {
    await using world = await openTestManager({ authenticator: { removalAllowed: false } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const other = await world.manager.addAccountExplicitly(BEN)
    expect(await world.manager.removeAccountExplicitly(ABSENT)).toBe(false)
    expect(await world.manager.removeAccountExplicitly(account)).toBe(true)
    expect(await world.manager.removeAccountExplicitly(account)).toBe(false)
    expect([world.authenticator.count(), await world.manager.getAccounts()]).toEqual([0, [other]])
    expect(await outcomeOf(world.manager.removeAccountExplicitly(undefined as never))).toBe('TypeError')
    expect(await outcomeOf(world.manager.removeAccountExplicitly(null as never))).toBe('TypeError')
  })
})

describe('after a removal', () => {
  it('T406 listeners are told when it is done, and reading in the listener shows the new state', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const seen: Promise<unknown>[] = []
    world.manager.on('account:removed', () => {
      seen.push(
        world.manager.getAccounts(),
        world.manager.getAccount(account.id),
        outcomeOf(world.manager.getPassword(account)),
      )
    })
    await world.manager.removeAccountExplicitly(account)
    expect(await Promise.all(seen)).toEqual([[], undefined, 'ERR_ACCOUNT_NOT_FOUND'])
  })

  it('T408, T298 setting something on the account that is gone is ERR_ACCOUNT_NOT_FOUND, and brings nothing back', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.removeAccountExplicitly(account)
    const calls = [
      world.manager.setUserData(account, 'key', 'value'),
      world.manager.setAuthToken(account, 'calendar', { value: 'x' }),
      world.manager.setPassword(account, 'x'),
      world.manager.notifyAccountAuthenticated(account),
      world.manager.setAccountVisibility(account, 'com.example.stranger', 'visible'),
      world.manager.grantAuthToken(account, 'calendar', 'com.example.stranger'),
      world.manager.peekAuthToken(account, 'calendar'),
    ]
    expect(new Set(await Promise.all(calls.map((call) => outcomeOf(call))))).toEqual(new Set(['ERR_ACCOUNT_NOT_FOUND']))
    expect(await world.manager.getAccounts()).toEqual([])
  })
})
