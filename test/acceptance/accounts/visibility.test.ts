import { createFakeAuthenticator, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, BEN, listen, OTHER_TYPE, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { openStranger, STRANGER, show } from './support/stranger.ts'

const OWNER = 'com.example.test'
const names = (accounts: readonly { name: string }[]) => accounts.map(({ name }) => name)

describe('visibility', () => {
  it('T14 the owner sees an account whatever is stored for it', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.getAccountVisibility(account, OWNER)).toBe('visible')
    expect(await world.manager.getPrincipalsAndVisibilityForAccount(account)).toEqual(new Map())
    await world.manager.setAccountVisibility(account, OWNER, 'not-visible')
    expect(await world.manager.getPrincipalsAndVisibilityForAccount(account)).toEqual(new Map([[OWNER, 'not-visible']]))
    expect(await world.manager.getAccountVisibility(account, OWNER)).toBe('visible')
    expect(await world.manager.getAccounts()).toEqual([account])
  })

  it('T15 only what was set explicitly is listed for an account', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.getPrincipalsAndVisibilityForAccount(account)).toEqual(new Map())
    await world.manager.setAccountVisibility(account, STRANGER.id, 'visible')
    await world.manager.setAccountVisibility(account, OWNER, 'user-managed-visible')
    expect(await world.manager.getPrincipalsAndVisibilityForAccount(account)).toEqual(
      new Map([
        [STRANGER.id, 'visible'],
        [OWNER, 'user-managed-visible'],
      ]),
    )
  })

  it('T16 can be given with a new account, and goes with it', async () => {
    await using world = await openTestManager()
    const visibility = { [STRANGER.id]: 'user-managed-not-visible' } as const
    const account = await world.manager.addAccountExplicitly(ANA, { visibility })
    expect(await world.manager.getAccountVisibility(account, STRANGER.id)).toBe('user-managed-not-visible')
    await world.manager.removeAccountExplicitly(account)
    expect(await world.manager.getAccountsAndVisibilityForPrincipal(STRANGER.id)).toEqual(new Map())
    const again = await world.manager.addAccountExplicitly(ANA)
    expect(await world.manager.getPrincipalsAndVisibilityForAccount(again)).toEqual(new Map())
  })

  it('T17 a stranger lists what it sees; the map holds everything', async () => {
    await using world = await openTestManager()
    const [a, b] = [await world.manager.addAccountExplicitly(ANA), await world.manager.addAccountExplicitly(BEN)]
    const stranger = await openStranger(world)
    await show(world, stranger, a, 'not-visible')
    await show(world, stranger, b, 'visible')
    expect(await stranger.getAccounts()).toEqual([b])
    expect([...(await world.manager.getAccountsAndVisibilityForPrincipal(STRANGER.id))]).toEqual([
      [a, 'not-visible'],
      [b, 'visible'],
    ])
  })

  it('T18 an account that the person may show is offered in the chooser and not listed', async () => {
    await using world = await openTestManager()
    const stranger = await openStranger(world, { interaction: world.interaction })
    const [a, b] = [await world.manager.addAccountExplicitly(ANA), await world.manager.addAccountExplicitly(BEN)]
    await show(world, stranger, a, 'user-managed-not-visible')
    await show(world, stranger, b, 'visible')
    expect(await stranger.getAccountsByType(TYPE)).toEqual([b])
    await stranger.chooseAccount({ types: [TYPE] })
    expect(world.interaction.requestsOf('chooseAccount')[0]?.request.candidates).toEqual([a, b])
    expect((await world.manager.getAccountsAndVisibilityForPrincipal(STRANGER.id)).size).toBe(2)
  })

  it('T20, T344 what a stranger sees is what it lists, by type and over all types', async () => {
    const authenticators = [createFakeAuthenticator(), createFakeAuthenticator({ type: OTHER_TYPE })]
    await using world = await openTestManager({ authenticators })
    const stranger = await openStranger(world)
    const a = await world.manager.addAccountExplicitly(ANA)
    await world.manager.addAccountExplicitly(BEN)
    const c = await world.manager.addAccountExplicitly({ type: OTHER_TYPE, name: 'cem' })
    expect([await stranger.getAccounts(), await stranger.getAccountsByType(TYPE)]).toEqual([[], []])
    await show(world, stranger, a, 'user-managed-visible')
    await show(world, stranger, c)
    expect(names(await stranger.getAccounts())).toEqual([ANA.name, 'cem'])
    expect(names(await stranger.getAccountsByType(TYPE))).toEqual([ANA.name])
    expect(await stranger.getAccount(a.id)).toEqual(a)
    expect(await stranger.findAccount(BEN.type, BEN.name)).toBeUndefined()
  })

  it('T204 over all types, one that only the chooser may show is not listed', async () => {
    await using world = await openTestManager()
    const visibility = (value: 'user-managed-visible' | 'user-managed-not-visible') => ({
      visibility: { [STRANGER.id]: value },
    })
    const seen = await world.manager.addAccountExplicitly(ANA, visibility('user-managed-visible'))
    await world.manager.addAccountExplicitly(BEN, visibility('user-managed-not-visible'))
    expect(await (await openStranger(world)).getAccounts()).toEqual([seen])
  })

  it('T266 another kind of visible is no news', async () => {
    await using world = await openTestManager()
    const stranger = await openStranger(world)
    const [owner, heard] = [listen(world.manager), listen(stranger)]
    const account = await world.manager.addAccountExplicitly(ANA, {
      visibility: { [STRANGER.id]: 'user-managed-visible' },
    })
    await show(world, stranger, account, 'visible')
    expect([heard, owner]).toEqual([[`account:added ${ANA.name}`], [`account:added ${ANA.name}`]])
  })

  it('T267 the same value again is no news, and no write', async () => {
    await using world = await openTestManager()
    const stranger = await openStranger(world)
    const account = await world.manager.addAccountExplicitly(ANA)
    await show(world, stranger, account)
    const heard = listen(stranger)
    const revisions: number[] = []
    world.manager.on('token:refreshed', ({ revision }) => revisions.push(revision))
    await world.manager.setAuthToken(account, 'calendar', { value: 'x' })
    await show(world, stranger, account)
    await show(world, stranger, account)
    await world.manager.setAuthToken(account, 'calendar', { value: 'y' })
    expect(heard.filter((line) => !line.startsWith('token'))).toEqual([])
    expect((revisions[1] ?? 0) - (revisions[0] ?? 0)).toBe(1)
  })

  it('T268 shown, hidden and shown again is added, removed and added, and the owner hears nothing', async () => {
    await using world = await openTestManager()
    const stranger = await openStranger(world)
    const account = await world.manager.addAccountExplicitly(ANA, { visibility: { [STRANGER.id]: 'visible' } })
    await stranger.flush()
    const [owner, heard] = [listen(world.manager), listen(stranger)]
    await show(world, stranger, account, 'not-visible')
    expect(await outcomeOf(stranger.getAccountInfo(account))).toBe('ERR_ACCOUNT_NOT_FOUND')
    await show(world, stranger, account, 'visible')
    expect(heard).toEqual([`account:removed ${ANA.name}`, `account:added ${ANA.name}`])
    expect(owner).toEqual([])
  })

  it('T407 a removal is told to those who could see the account before, and to nobody else', async () => {
    await using world = await openTestManager()
    const [seeing, blind] = [await openStranger(world), await world.another({ app: { id: 'com.example.blind' } })]
    const account = await world.manager.addAccountExplicitly(ANA)
    await show(world, seeing, account)
    const [heard, nothing] = [listen(seeing), listen(blind)]
    await world.manager.removeAccountExplicitly(account)
    await Promise.all([seeing.flush(), blind.flush()])
    expect([heard, nothing]).toEqual([[`account:removed ${ANA.name}`], []])
  })

  it('a value that there is none of is a TypeError', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    for (const value of [undefined, null, 'hidden', 1]) {
      expect(await outcomeOf(world.manager.setAccountVisibility(account, STRANGER.id, value as never))).toBe(
        'TypeError',
      )
    }
    expect(await outcomeOf(world.manager.setAccountVisibility(account, '', 'visible'))).toBe('TypeError')
  })
})
