import type { Account, AccountManager } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeInteraction, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ABSENT_TYPE, ANA, BEN, OTHER_TYPE, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { openStranger, STRANGER, show } from './support/stranger.ts'

const names = (accounts: readonly Account[]) => accounts.map(({ name }) => name)

describe('lists of accounts', () => {
  it('T23 count every account that was added, by type, and nothing of a type that is nowhere', async () => {
    await using world = await openTestManager()
    const { manager } = world
    const count = async () => [(await manager.getAccounts()).length, (await manager.getAccountsByType(TYPE)).length]
    expect(await count()).toEqual([0, 0])
    const ana = await manager.addAccountExplicitly(ANA)
    expect(await count()).toEqual([1, 1])
    const ben = await manager.addAccountExplicitly(BEN)
    expect(await count()).toEqual([2, 2])
    expect(await manager.getAccounts()).toEqual([ana, ben])
    expect(await manager.getAccountsByType(ABSENT_TYPE)).toEqual([])
  })

  it('T294, T296 are empty at first, then in the order in which accounts were added, also within a type', async () => {
    const authenticators = [createFakeAuthenticator(), createFakeAuthenticator({ type: OTHER_TYPE })]
    await using world = await openTestManager({ authenticators })
    expect(await world.manager.getAccounts()).toEqual([])
    for (const name of ['z', 'c', 'm', 'a']) await world.manager.addAccountExplicitly({ type: TYPE, name })
    await world.manager.addAccountExplicitly({ type: OTHER_TYPE, name: 'b' })
    expect(names(await world.manager.getAccountsByType(TYPE))).toEqual(['z', 'c', 'm', 'a'])
    expect(names(await world.manager.getAccounts())).toEqual(['z', 'c', 'm', 'a', 'b'])
  })

  it('T294, T296 keep that order over a restart, also when accounts were added within one millisecond', async () => {
    await using world = await openTestManager()
    const added = Array.from({ length: 8 }, (_, n) => `ana-${n}`)
    for (const name of added) await world.manager.addAccountExplicitly({ type: TYPE, name })
    expect(names(await (await world.reopen()).getAccounts())).toEqual(added)
  })

  it('T21 keep the accounts of one type together, for every principal and after each addition', async () => {
    const authenticators = [createFakeAuthenticator(), createFakeAuthenticator({ type: OTHER_TYPE })]
    await using world = await openTestManager({ authenticators })
    const stranger = await openStranger(world)
    const rows = [TYPE, OTHER_TYPE, TYPE, OTHER_TYPE, TYPE, OTHER_TYPE]
    for (const [n, type] of rows.entries()) {
      await world.manager.addAccountExplicitly({ type, name: `ana-${n}` }, { visibility: { [STRANGER.id]: 'visible' } })
      await stranger.flush()
      for (const manager of [world.manager, stranger]) {
        const types = (await manager.getAccounts()).map((account) => account.type)
        expect(types).toHaveLength(n + 1)
        const changes = types.filter((current, at) => at > 0 && current !== types[at - 1])
        expect(changes.length).toBeLessThanOrEqual(1)
      }
    }
  })

  it('T24 the types that are served are told, with what they say of themselves', async () => {
    await using world = await openTestManager({
      authenticator: { label: 'Example', tokenTypes: { calendar: { label: 'Calendar' } } },
    })
    expect(world.manager.getAuthenticatorTypes()).toEqual([
      { type: TYPE, label: 'Example', tokenTypes: { calendar: { label: 'Calendar' } } },
    ])
  })

  it('T293, T347 two managers of one vault see the same accounts', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const other = await world.another()
    expect(await other.getAccounts()).toEqual([account])
    const ben = await world.manager.addAccountExplicitly(BEN)
    expect(await other.getAccounts()).toEqual([account, ben])
  })

  it('T272 can be read by many at once', async () => {
    await using world = await openTestManager()
    for (let n = 0; n < 20; n++) {
      await world.manager.addAccountExplicitly({ type: TYPE, name: `ana-${n}` })
      world.clock.jump(1)
    }
    const managers = [world.manager, await world.another(), await world.another()]
    const reads = await Promise.all(
      managers.flatMap((manager) => Array.from({ length: 20 }, () => manager.getAccounts())),
    )
    expect(new Set(reads.map((accounts) => JSON.stringify(accounts))).size).toBe(1)
    expect(reads[0]).toHaveLength(20)
  })

  it('T137, T138 an account has a name and a type, or it is none', async () => {
    await using world = await openTestManager()
    for (const wrong of [
      { type: TYPE },
      { name: 'ana' },
      { type: '', name: 'ana' },
      { type: TYPE, name: '' },
      { type: TYPE, name: null },
    ]) {
      expect(await outcomeOf(world.manager.addAccountExplicitly(wrong as never))).toBe('TypeError')
    }
  })

  it('T140 an account that made a journey as JSON is the same account', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    const arrived = JSON.parse(JSON.stringify(account)) as Account
    expect(arrived).toEqual(account)
    expect(await world.manager.getPassword(arrived)).toBe('p')
    expect(await world.manager.getPassword(structuredClone(account))).toBe('p')
  })
})

describe('features', () => {
  const features = { [ANA.name]: ['f1', 'f2'], [BEN.name]: ['f1'] }

  it('T60, T195, T340, T341 an account has them when it has all of them', async () => {
    await using world = await openTestManager({ authenticator: { features: ['f1', 'f2'] } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const asked = [['f1'], ['f2'], ['f1', 'f2'], ['f3'], ['f3', 'f1'], ['f3', 'f1', 'f2']]
    expect(await Promise.all(asked.map((wanted) => world.manager.hasFeatures(account, wanted)))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ])
    expect(world.authenticator.callsOf('hasFeatures')[2]?.request).toEqual({ account, features: ['f1', 'f2'] })
  })

  it('T27, T258, T342 accounts are listed that have the type and all features', async () => {
    const authenticators = [
      createFakeAuthenticator({ features }),
      createFakeAuthenticator({ type: OTHER_TYPE, features: ['f1', 'f2'] }),
    ]
    await using world = await openTestManager({ authenticators })
    const ana = await world.manager.addAccountExplicitly(ANA)
    const ben = await world.manager.addAccountExplicitly(BEN)
    await world.manager.addAccountExplicitly({ type: OTHER_TYPE, name: 'other' })
    const list = (wanted: string[]) => world.manager.getAccountsByTypeAndFeatures(TYPE, wanted)
    expect([await list(['f1', 'f2']), await list(['f1']), await list(['f3'])]).toEqual([[ana], [ana, ben], []])
    expect(await world.manager.getAccountsByTypeAndFeatures(ABSENT_TYPE, ['f1'])).toEqual([])
  })

  it('T257 no features: all accounts of the type, and the authenticator is not asked', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    const accounts = [await world.manager.addAccountExplicitly(ANA), await world.manager.addAccountExplicitly(BEN)]
    expect(await world.manager.getAccountsByTypeAndFeatures(TYPE, [])).toEqual(accounts)
    expect(world.authenticator.count()).toBe(0)
  })

  it('T256 an account that is not visible is not listed, and that is no error', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    await world.manager.addAccountExplicitly(ANA)
    const stranger = await openStranger(world)
    expect(await stranger.getAccountsByTypeAndFeatures(TYPE, ['f1'])).toEqual([])
    expect(await stranger.getAccountsByTypeAndFeatures(TYPE, [])).toEqual([])
  })

  it('T194 an answer that is no yes or no is ERR_INVALID_RESPONSE', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    const account = await world.manager.addAccountExplicitly(ANA)
    for (const answer of [() => null, () => undefined, () => 'yes']) {
      world.authenticator.next('hasFeatures', answer as never)
      expect(await outcomeOf(world.manager.hasFeatures(account, ['f1']))).toBe('ERR_INVALID_RESPONSE')
    }
  })

  it('T383 an error for one account fails the whole question: "not matching" is never a guess', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    await world.manager.addAccountExplicitly(ANA)
    await world.manager.addAccountExplicitly(BEN)
    world.authenticator.next('hasFeatures', true, new Error('broken'))
    expect(await outcomeOf(world.manager.getAccountsByTypeAndFeatures(TYPE, ['f1']))).toBe('ERR_AUTHENTICATOR_FAILED')
  })

  it('T192, T244, T255 without an account, a type or a list of features it is a TypeError, and nobody is asked', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    const account = await world.manager.addAccountExplicitly(ANA)
    const calls = [
      world.manager.hasFeatures(undefined as never, ['f1']),
      world.manager.hasFeatures(null as never, ['f1']),
      world.manager.hasFeatures(account, 'f1' as never),
      world.manager.hasFeatures(account, [1] as never),
      world.manager.getAccountsByTypeAndFeatures(undefined as never, ['f1']),
      world.manager.getAccountsByTypeAndFeatures(TYPE, null as never),
      world.manager.getAuthTokenByFeatures(undefined as never, 'calendar', []),
    ]
    expect(new Set(await Promise.all(calls.map((call) => outcomeOf(call))))).toEqual(new Set(['TypeError']))
    expect(world.authenticator.count()).toBe(0)
  })
})

describe('choosing an account', () => {
  const withTwo = async (manager: AccountManager) =>
    [await manager.addAccountExplicitly(ANA), await manager.addAccountExplicitly(BEN)] as const

  it('T2 can be asked for without saying anything: every account is offered', async () => {
    await using world = await openTestManager()
    const [ana, ben] = await withTwo(world.manager)
    expect(await world.manager.chooseAccount()).toEqual(ana)
    expect(world.interaction.requestsOf('chooseAccount')[0]?.request.candidates).toEqual([ana, ben])
  })

  it('T393 a person who cancels is ERR_INTERACTION_CANCELED', async () => {
    await using world = await openTestManager()
    await withTwo(world.manager)
    world.interaction.cancelNext('chooseAccount')
    expect(await outcomeOf(world.manager.chooseAccount())).toBe('ERR_INTERACTION_CANCELED')
    world.interaction.cancelNext('chooseAccount')
    expect(await outcomeOf(world.manager.resolveAccount(TYPE, { interaction: 'allow' }))).toBe(
      'ERR_INTERACTION_CANCELED',
    )
    world.interaction.cancelNext('chooseAccount')
    const token = world.manager.getAuthTokenByFeatures(TYPE, 'calendar', [], { interaction: 'allow' })
    expect(await outcomeOf(token)).toBe('ERR_INTERACTION_CANCELED')
  })

  it('T252 an account that the person may show is offered, and choosing it shows it', async () => {
    await using world = await openTestManager()
    const [ana] = await withTwo(world.manager)
    const interaction = createFakeInteraction()
    const stranger = await openStranger(world, { interaction })
    await show(world, stranger, ana, 'not-visible')
    expect(await stranger.getAccounts()).toEqual([])
    const chosen = await stranger.chooseAccount({ types: [TYPE] })
    expect(interaction.requestsOf('chooseAccount')[0]?.request.candidates.map(({ name }) => name)).toEqual([BEN.name])
    expect(await stranger.getAccounts()).toEqual([chosen])
    expect(await world.manager.getAccountVisibility(chosen, STRANGER.id)).toBe('user-managed-visible')
  })

  it('is ERR_INTERACTION_REQUIRED when nobody can be asked', async () => {
    await using world = await openTestManager({ interaction: false })
    await withTwo(world.manager)
    await expect(world.manager.chooseAccount()).rejects.toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      candidates: [expect.objectContaining(ANA), expect.objectContaining(BEN)],
    })
  })
})
