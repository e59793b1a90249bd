import { AccountError } from '@accountry/accounts'
import { createFakeInteraction, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'
import { openStranger, STRANGER, show } from './support/stranger.ts'

const NOT_GRANTED = 'ERR_INTERACTION_REQUIRED not_granted'

/** A world in which a stranger sees one account that has a stored token. */
async function open(options: Parameters<typeof openTestManager>[0] = {}) {
  const world = await openTestManager(options)
  const account = await world.manager.addAccountExplicitly(ANA, {
    password: 'p',
    tokens: { calendar: { value: 'stored' } },
  })
  const interaction = createFakeInteraction()
  const stranger = await openStranger(world, { interaction })
  await show(world, stranger, account)
  return { world, account, interaction, stranger }
}

describe('a stranger who asks for a token', () => {
  it('T416 without a grant is told to ask the person, and the authenticator is not called', async () => {
    const { world, account, stranger } = await open()
    await using _closed = world
    await expect(stranger.getAuthToken(account, 'calendar')).rejects.toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'not_granted',
      action: 'allow',
      account: { id: account.id },
    })
    expect(world.authenticator.count()).toBe(0)
  })

  it('T416 the person is shown who asks, for which account and for what', async () => {
    const { world, account, stranger, interaction } = await open()
    await using _closed = world
    await stranger.getAuthToken(account, 'calendar', { interaction: 'allow' })
    expect(interaction.requestsOf('confirmGrant').map(({ request }) => request)).toMatchObject([
      { principal: STRANGER.id, account, authTokenTypeLabel: 'calendar' },
    ])
  })

  it('T417 with the person’s consent gets it, is not asked about again, and is asked about another type', async () => {
    const { world, account, stranger, interaction } = await open()
    await using _closed = world
    await world.manager.setAuthToken(account, 'mail', { value: 'mail' })
    expect((await stranger.getAuthToken(account, 'calendar', { interaction: 'allow' })).value).toBe('stored')
    expect((await stranger.getAuthToken(account, 'calendar')).value).toBe('stored')
    expect((await stranger.peekAuthToken(account, 'calendar'))?.value).toBe('stored')
    expect(interaction.count('confirmGrant')).toBe(1)
    expect(await outcomeOf(stranger.getAuthToken(account, 'mail'))).toBe(NOT_GRANTED)
    expect((await stranger.getAuthToken(account, 'mail', { interaction: 'allow' })).value).toBe('mail')
    expect(interaction.count('confirmGrant')).toBe(2)
    expect(await world.manager.getAuthTokenGrants(account)).toMatchObject([
      { authTokenType: 'calendar', principal: STRANGER.id, allowed: true },
      { authTokenType: 'mail', principal: STRANGER.id, allowed: true },
    ])
  })

  it('T418 whom the person refused is ERR_DENIED, remembered until the owner resets it', async () => {
    const { world, account, stranger, interaction } = await open()
    await using _closed = world
    interaction.next('confirmGrant', false)
    for (let call = 0; call < 3; call++) {
      expect(await outcomeOf(stranger.getAuthToken(account, 'calendar', { interaction: 'allow' }))).toBe(
        'ERR_DENIED grant_denied',
      )
    }
    expect(interaction.count('confirmGrant')).toBe(1)
    expect(await world.manager.getAuthTokenGrants(account)).toMatchObject([{ allowed: false }])
    await world.manager.revokeAuthTokenGrant(account, 'calendar', STRANGER.id)
    expect((await stranger.getAuthToken(account, 'calendar', { interaction: 'allow' })).value).toBe('stored')
  })

  it('T279 a grant fits account, token type and principal together, and ends when the owner ends it', async () => {
    const { world, account, stranger } = await open()
    await using _closed = world
    await world.manager.grantAuthToken(account, 'calendar', STRANGER.id)
    expect((await stranger.getAuthToken(account, 'calendar')).value).toBe('stored')
    const third = await world.another({ app: { id: 'com.example.third' } })
    await world.manager.setAccountVisibility(account, 'com.example.third', 'visible')
    await third.flush()
    expect(await outcomeOf(third.getAuthToken(account, 'calendar'))).toBe(NOT_GRANTED)
    expect(await outcomeOf(stranger.getAuthToken(account, 'mail'))).toBe(NOT_GRANTED)
    await world.manager.revokeAuthTokenGrant(account, 'calendar', STRANGER.id)
    await stranger.flush()
    expect(await outcomeOf(stranger.getAuthToken(account, 'calendar'))).toBe(NOT_GRANTED)
    expect(await world.manager.getAuthTokenGrants(account)).toEqual([])
  })

  it('T279 a grant that ends is honoured by the memory of the stranger too', async () => {
    const { world, account, stranger } = await open()
    await using _closed = world
    await world.manager.grantAuthToken(account, 'calendar', STRANGER.id)
    await stranger.getAuthToken(account, 'calendar')
    await stranger.getAuthToken(account, 'calendar')
    await world.manager.revokeAuthTokenGrant(account, 'calendar', STRANGER.id)
    await stranger.flush()
    expect(await outcomeOf(stranger.getAuthToken(account, 'calendar'))).toBe(NOT_GRANTED)
  })

  it('T419 grants do not pass to an account that is added under the same name', async () => {
    const { world, account, stranger } = await open()
    await using _closed = world
    await world.manager.grantAuthToken(account, 'calendar', STRANGER.id)
    await world.manager.removeAccountExplicitly(account)
    const again = await world.manager.addAccountExplicitly(ANA, { tokens: { calendar: { value: 'new' } } })
    await show(world, stranger, again)
    expect(await outcomeOf(stranger.getAuthToken(again, 'calendar'))).toBe(NOT_GRANTED)
  })

  it('T420 grants do not travel with an export, so that none can end up at another provider', async () => {
    const { world, account } = await open()
    await using _closed = world
    await world.manager.grantAuthToken(account, 'calendar', STRANGER.id)
    const key = new Uint8Array(32).fill(1)
    const text = await world.manager.export({ key })
    await using elsewhere = await openTestManager()
    const { added } = await elsewhere.manager.import(text, { key })
    expect(added).toMatchObject([ANA])
    expect(await elsewhere.manager.getAuthTokenGrants(added[0] ?? '')).toEqual([])
    expect(await elsewhere.manager.getPrincipalsAndVisibilityForAccount(added[0] ?? '')).toEqual(new Map())
  })

  it('T424 is decided about by the person whom the asking app shows the question, and by nobody else', async () => {
    const { world, account } = await open()
    await using _closed = world
    // An app without a person to ask cannot ask one of another app.
    const silent = await world.another({ app: STRANGER, interaction: {} })
    expect(await outcomeOf(silent.getAuthToken(account, 'calendar', { interaction: 'allow' }))).toBe(NOT_GRANTED)
    expect(world.interaction.count()).toBe(0)
    expect(await outcomeOf(silent.grantAuthToken(account, 'calendar', STRANGER.id))).toBe('ERR_DENIED not_owner')
  })

  it('a consent that is no answer is a refusal', async () => {
    const { world, account, stranger, interaction } = await open()
    await using _closed = world
    interaction.next('confirmGrant', 'yes' as never)
    expect(await outcomeOf(stranger.getAuthToken(account, 'calendar', { interaction: 'allow' }))).toBe(
      'ERR_DENIED grant_denied',
    )
  })
})

describe('attention', () => {
  const refused = () => new AccountError('ERR_INTERACTION_REQUIRED', 'x', { reason: 'revoked_or_reused' })

  /** A world whose account needs the person, and has said so once. */
  async function needing() {
    const world = await openTestManager({ authenticator: { canUpdate: true, removalAllowed: true } })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    world.authenticator.always('getAuthToken', refused())
    const heard: string[] = []
    world.manager.on('account:attention', (event) => heard.push(event.account.id))
    const ask = () => outcomeOf(world.manager.getAuthToken(account, 'calendar', { interaction: 'notify' }))
    await ask()
    return { world, account, heard, ask }
  }

  it('T422 is called for once per account, however many calls ask', async () => {
    const { world, heard, ask } = await needing()
    await using _closed = world
    await Promise.all([ask(), ask(), ask()])
    expect(heard).toHaveLength(1)
  })

  it.each<[string, (world: Awaited<ReturnType<typeof needing>>) => Promise<unknown>]>([
    ['a new password', ({ world, account }) => world.manager.setPassword(account, 'q')],
    ['signing in again', ({ world, account }) => world.manager.updateCredentials(account)],
    ['a word of the app', ({ world, account }) => world.manager.notifyAccountAuthenticated(account)],
  ])('T422 is over after %s, and called for again when it is needed again', async (_what, end) => {
    const needed = await needing()
    await using _closed = needed.world
    await end(needed)
    expect(await needed.world.manager.getAccountInfo(needed.account)).toMatchObject({ state: 'ok' })
    await needed.ask()
    expect(needed.heard).toHaveLength(2)
  })

  it.each<[string, (world: Awaited<ReturnType<typeof needing>>) => Promise<unknown>]>([
    ['a rename', ({ world, account }) => world.manager.renameAccount(account, 'anna')],
    [
      'a token that came by another way',
      ({ world, account }) => world.manager.setAuthToken(account, 'mail', { value: 'x' }),
    ],
  ])('T422 after %s it is called for again, because the account still needs the person', async (_what, end) => {
    const needed = await needing()
    await using _closed = needed.world
    await end(needed)
    await needed.ask()
    expect(needed.heard).toHaveLength(2)
  })

  it('T422 is gone with either kind of removal', async () => {
    for (const method of ['removeAccount', 'removeAccountExplicitly'] as const) {
      const needed = await needing()
      await using _closed = needed.world
      await needed.world.manager[method](needed.account)
      const again = await needed.world.manager.addAccountExplicitly(ANA, { password: 'p' })
      expect(await needed.world.manager.getAccountInfo(again)).toMatchObject({ state: 'ok' })
      expect((await needed.world.manager.health()).needsAttention).toBe(0)
    }
  })
})

describe('an address that an authenticator wants opened', () => {
  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'com.example.app:/x',
    'http://evil.example.com/',
  ])('T423 at %s is refused in every operation, and nothing is opened', async (href) => {
    const script = { canUpdate: true, canConfirm: true, canEdit: true, removalAllowed: true }
    await using world = await openTestManager({ authenticator: script })
    const { manager, authenticator, interaction } = world
    const account = await manager.addAccountExplicitly(ANA)
    const opens = async (
      _request: unknown,
      context: { interaction?: { openBrowser?: unknown }; signal: AbortSignal },
    ) => {
      const open = context.interaction?.openBrowser as (request: object) => Promise<void>
      await open({ url: new URL(href), signal: context.signal })
      return true
    }
    for (const [method, call] of [
      ['addAccount', () => manager.addAccount(TYPE)],
      ['updateCredentials', () => manager.updateCredentials(account)],
      ['confirmCredentials', () => manager.confirmCredentials(account)],
      ['editProperties', () => manager.editProperties(TYPE)],
      ['getAccountRemovalAllowed', () => manager.removeAccount(account)],
      ['getAuthToken', () => manager.getAuthToken(account, 'calendar', { interaction: 'allow' })],
    ] as const) {
      authenticator.next(method, opens as never)
      expect([method, await outcomeOf(call)]).toEqual([method, 'ERR_INVALID_RESPONSE'])
    }
    expect(interaction.count()).toBe(0)
    expect(await manager.getAccounts()).toEqual([account])
  })
})
