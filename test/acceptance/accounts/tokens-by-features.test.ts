import type { AccountManager } from '@accountry/accounts'
import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ABSENT_TYPE, ANA, BEN, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'

describe('getAuthTokenByFeatures', () => {
  const features = { [ANA.name]: ['f1', 'f2'], [BEN.name]: ['f1'] }
  const byFeatures = (manager: AccountManager, wanted: string[], interaction: 'allow' | 'never' = 'never') =>
    manager.getAuthTokenByFeatures(TYPE, 'calendar', wanted, { interaction })

  it('T42, T245, T249, T250 no account that fits and nobody to ask: it says so, and nobody signs in', async () => {
    await using world = await openTestManager({ authenticator: { features }, interaction: false })
    expect(await outcomeOf(byFeatures(world.manager, []))).toBe('ERR_INTERACTION_REQUIRED no_account')
    expect(await outcomeOf(byFeatures(world.manager, ['f1']))).toBe('ERR_INTERACTION_REQUIRED no_account')
    await world.manager.addAccountExplicitly(ANA)
    expect(await outcomeOf(byFeatures(world.manager, ['f3']))).toBe('ERR_INTERACTION_REQUIRED no_account')
    expect(world.authenticator.count('addAccount')).toBe(0)
  })

  it('T44, T45, T246, T251 the only account that fits gives the token, with and without a person, and nobody is asked', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    const ana = await world.manager.addAccountExplicitly(ANA)
    expect((await byFeatures(world.manager, [])).account).toEqual(ana)
    await world.manager.addAccountExplicitly(BEN)
    for (const interaction of ['never', 'allow'] as const) {
      expect((await byFeatures(world.manager, ['f1', 'f2'], interaction)).account).toEqual(ana)
    }
    expect([world.authenticator.count('addAccount'), world.interaction.count()]).toEqual([0, 0])
  })

  it('T248 several that fit are offered to the person, and named where there is none', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    const ana = await world.manager.addAccountExplicitly(ANA)
    const ben = await world.manager.addAccountExplicitly(BEN)
    await expect(byFeatures(world.manager, ['f1'])).rejects.toMatchObject({
      reason: 'several_accounts',
      candidates: [ana, ben],
    })
    world.interaction.next('chooseAccount', ben)
    expect((await byFeatures(world.manager, ['f1'], 'allow')).account).toEqual(ben)
    expect(world.interaction.requestsOf('chooseAccount')[0]?.request.candidates).toEqual([ana, ben])
  })

  it('T394 token options reach the authenticator, for an account that is there and after a sign-in', async () => {
    await using world = await openTestManager({ authenticator: { features } })
    const get = (options: Record<string, unknown>) =>
      world.manager.getAuthTokenByFeatures(TYPE, 'calendar', [], {
        interaction: 'allow',
        options,
        addAccountOptions: { hint: 'x' },
      })
    const { account } = await get({ tenant: 'one' })
    await get({ tenant: 'two' })
    const byNever = { options: { tenant: 'three' } }
    await world.manager.getAuthTokenByFeatures(TYPE, 'calendar', [], byNever)
    expect(world.authenticator.callsOf('addAccount').map(({ request }) => request.options)).toEqual([{ hint: 'x' }])
    expect(
      world.authenticator.callsOf('getAuthToken').map(({ request }) => [request.account, request.options]),
    ).toEqual([
      [account, { tenant: 'one' }],
      [account, { tenant: 'two' }],
      [account, { tenant: 'three' }],
    ])
  })

  it('T392 without an authenticator it rejects, and does not hang', async () => {
    await using world = await openTestManager()
    const call = world.manager.getAuthTokenByFeatures(ABSENT_TYPE, 'calendar', [], { interaction: 'allow' })
    expect(await outcomeOf(call)).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
  })
})
