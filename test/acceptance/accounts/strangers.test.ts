import type { Account, AccountManager } from '@accountry/accounts'
import { createFakeAuthenticator, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, listen, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { openStranger, STRANGER, show } from './support/stranger.ts'

const FEATURES = { features: ['f1'] }

/** Everything that only the owner of an account may do with it. */
const OWNER_ONLY: [string, (manager: AccountManager, account: Account) => Promise<unknown>][] = [
  ['T107 notifyAccountAuthenticated', (manager, account) => manager.notifyAccountAuthenticated(account)],
  ['T111, T112, T198 removeAccount', (manager, account) => manager.removeAccount(account)],
  ['T113 removeAccountExplicitly', (manager, account) => manager.removeAccountExplicitly(account)],
  ['T114 getPassword', (manager, account) => manager.getPassword(account)],
  ['setPassword', (manager, account) => manager.setPassword(account, 'x')],
  ['T116 clearPassword', (manager, account) => manager.clearPassword(account)],
  ['T117 getUserData', (manager, account) => manager.getUserData(account, 'key')],
  ['T118 setUserData', (manager, account) => manager.setUserData(account, 'key', 'value')],
  ['T119 setAuthToken', (manager, account) => manager.setAuthToken(account, 'calendar', { value: 'x' })],
  ['T122 getAccountVisibility', (manager, account) => manager.getAccountVisibility(account, STRANGER.id)],
  ['setAccountVisibility', (manager, account) => manager.setAccountVisibility(account, STRANGER.id, 'visible')],
  [
    'T124 getPrincipalsAndVisibilityForAccount',
    (manager, account) => manager.getPrincipalsAndVisibilityForAccount(account),
  ],
  ['renameAccount', (manager, account) => manager.renameAccount(account, 'anna')],
  ['confirmCredentials', (manager, account) => manager.confirmCredentials(account)],
  ['updateCredentials', (manager, account) => manager.updateCredentials(account)],
  ['grantAuthToken', (manager, account) => manager.grantAuthToken(account, 'calendar', STRANGER.id)],
  ['revokeAuthTokenGrant', (manager, account) => manager.revokeAuthTokenGrant(account, 'calendar', STRANGER.id)],
  ['getAuthTokenGrants', (manager, account) => manager.getAuthTokenGrants(account)],
  ['isCredentialsUpdateSuggested', (manager, account) => manager.isCredentialsUpdateSuggested(account, 'status')],
  ['setDefaultAccount', (manager, account) => manager.setDefaultAccount(TYPE, account)],
  ['export', (manager, account) => manager.export({ key: new Uint8Array(32), accounts: [account] })],
]

describe('an app that does not own the type', () => {
  it.each(OWNER_ONLY)('%s: is ERR_DENIED for an account that it sees, and nothing changes', async (_name, call) => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p', userData: { key: 'kept' } })
    const stranger = await openStranger(world)
    await show(world, stranger, account)
    const heard = listen(world.manager)
    expect(await outcomeOf(call(stranger, account))).toBe('ERR_DENIED not_owner')
    expect(heard).toEqual([])
    expect([await world.manager.getPassword(account), await world.manager.getUserData(account, 'key')]).toEqual([
      'p',
      'kept',
    ])
    expect(await world.manager.getAccounts()).toEqual([account])
  })

  it.each(OWNER_ONLY)('%s: tells nothing of an account that it does not see', async (_name, call) => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    const stranger = await openStranger(world)
    const hidden = await outcomeOf(call(stranger, account))
    await world.manager.removeAccountExplicitly(account)
    await stranger.flush()
    // What it hears of a hidden account is what it hears of one that is not there.
    expect(await outcomeOf(call(stranger, account))).toBe(hidden)
    expect(['ERR_ACCOUNT_NOT_FOUND', 'ok']).toContain(hidden)
  })

  it('T108 has no settings to edit', async () => {
    await using world = await openTestManager({ authenticator: { canEdit: true } })
    const stranger = await openStranger(world)
    expect(await outcomeOf(stranger.editProperties(TYPE))).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
    expect(world.authenticator.count()).toBe(0)
  })

  it('T110 adds no account of it, also not with a visibility', async () => {
    await using world = await openTestManager()
    const stranger = await openStranger(world)
    expect(await outcomeOf(stranger.addAccountExplicitly(ANA, { visibility: {} }))).toBe('ERR_DENIED not_owner')
    expect(await outcomeOf(stranger.addAccountExplicitly(ANA))).toBe('ERR_DENIED not_owner')
    expect(await outcomeOf(stranger.addAccount(TYPE))).toBe('ERR_AUTHENTICATOR_NOT_FOUND')
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T120 looks at no token', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { tokens: { calendar: { value: 'x' } } })
    const stranger = await openStranger(world)
    expect(await outcomeOf(stranger.peekAuthToken(account, 'calendar'))).toBe('ERR_ACCOUNT_NOT_FOUND')
    await show(world, stranger, account)
    expect(await outcomeOf(stranger.peekAuthToken(account, 'calendar'))).toBe('ERR_INTERACTION_REQUIRED not_granted')
  })

  it('T123 has nothing to tell of who sees what', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const stranger = await openStranger(world)
    await show(world, stranger, account)
    expect(await stranger.getAccountsAndVisibilityForPrincipal(STRANGER.id, TYPE)).toEqual(new Map())
  })

  it('T125, T126, T128 lists nothing, and that is no error', async () => {
    await using world = await openTestManager({ authenticator: FEATURES })
    await world.manager.addAccountExplicitly(ANA)
    const stranger = await openStranger(world)
    expect([
      await stranger.getAccounts(),
      await stranger.getAccountsByType(TYPE),
      await stranger.getAccountsByTypeAndFeatures(TYPE, []),
      await stranger.getAccountInfos(),
      await stranger.findAccount(TYPE, ANA.name),
      await stranger.getDefaultAccount(TYPE),
    ]).toEqual([[], [], [], [], undefined, undefined])
  })

  it('T141, T142, T143 asks for features of an account that it sees, and of no other', async () => {
    await using world = await openTestManager({ authenticator: FEATURES })
    const account = await world.manager.addAccountExplicitly(ANA)
    const stranger = await openStranger(world)
    expect(await outcomeOf(stranger.hasFeatures(account, ['f1']))).toBe('ERR_ACCOUNT_NOT_FOUND')
    await show(world, stranger, account)
    expect(await stranger.hasFeatures(account, [])).toBe(true)
    expect(await stranger.hasFeatures(account, ['f1'])).toBe(false)
    stranger.registerAuthenticator(createFakeAuthenticator(FEATURES))
    expect([await stranger.hasFeatures(account, ['f1']), await stranger.hasFeatures(account, ['f2'])]).toEqual([
      true,
      false,
    ])
  })

  it('T210 cannot say that it is another app: who asks is who opened the manager', async () => {
    await using world = await openTestManager({ authenticator: { capabilities: { tokensPerPrincipal: true } } })
    const account = await world.manager.addAccountExplicitly(ANA)
    await world.manager.getAuthToken(account, 'calendar', { options: { principal: STRANGER.id, callerUid: 0 } })
    expect(world.authenticator.callsOf('getAuthToken')[0]?.context.principal).toBe('com.example.test')
  })

  it('T371 may invalidate a token that it knows: to know it is the right to do so', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, { tokens: { calendar: { value: 'x' } } })
    const stranger = await openStranger(world)
    await stranger.invalidateAuthToken(TYPE, 'x')
    expect(await world.manager.peekAuthToken(account, 'calendar')).toBeUndefined()
  })
})
