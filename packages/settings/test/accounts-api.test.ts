import { AccountError } from '@accountry/accounts'
import { openSettingsPage } from '@accountry/settings'
import { describe, expect, it } from 'vitest'
import type { AccountDetails, ActivityView, Overview } from '../src/model.ts'
import { type RawAnswer, Visitor } from './support/http-client.ts'
import { until } from './support/until.ts'
import { openWorld } from './support/world.ts'

function bodyOf<T>({ body }: RawAnswer): T {
  return JSON.parse(body) as T
}

async function activityOf(visitor: Visitor, answer: RawAnswer): Promise<ActivityView> {
  const { activity } = bodyOf<{ activity: ActivityView }>(answer)
  const overview = await until(
    () => visitor.read<Overview>('api/overview'),
    ({ activities }) => activities.some(({ id, state }) => id === activity.id && state !== 'running'),
  )
  return overview.activities.find(({ id }) => id === activity.id) ?? activity
}

describe('the overview', () => {
  it('of an empty vault says that there is nothing, and what can be added', async () => {
    await using world = await openWorld({ page: { title: 'My <b>accounts</b>' } })
    const visitor = await world.visit()
    expect(await visitor.read<Overview>('api/overview')).toMatchObject({
      title: 'My <b>accounts</b>',
      app: { id: 'com.example.test' },
      vault: { ok: true, locked: false, accounts: 0, problems: [] },
      types: [{ type: 'com.example', label: 'Example', hasIcon: false }],
      accounts: [],
      total: 0,
      sync: { master: true, active: 0 },
      activities: [],
      questions: [],
    })
    expect((await visitor.get('')).body).toContain('<title>My &lt;b&gt;accounts&lt;/b&gt;</title>')
  })

  it('lists accounts with their state, the default and the accounts of other apps', async () => {
    await using world = await openWorld()
    const { manager } = world.world
    const ana = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'one' })
    await manager.addAccountExplicitly({ type: 'com.example', name: 'ben' }, { password: 'two' })
    await manager.setDefaultAccount('com.example', ana)
    const { accounts } = await (await world.visit()).read<Overview>('api/overview')
    expect(accounts).toMatchObject([
      { name: 'ana', label: 'Example', state: 'ok', isDefault: true, isServed: true, isSyncing: false },
      { name: 'ben', isDefault: false },
    ])
    manager.unregisterAuthenticator('com.example')
    const later = await (await world.visit()).read<Overview>('api/overview')
    expect(later.accounts).toMatchObject([
      { name: 'ana', label: 'com.example', state: 'orphaned', isServed: false },
      { name: 'ben', state: 'orphaned' },
    ])
  })

  it('without a sync engine shows no synchronisation, and changes none', async () => {
    await using world = await openWorld({ page: { sync: undefined } as never })
    const visitor = await world.visit()
    expect((await visitor.read<Overview>('api/overview')).sync).toBeUndefined()
    expect((await visitor.post('set-master-sync', { on: false })).status).toBe(400)
  })
})

describe('an account', () => {
  it('is added by an activity that tells how it ended', async () => {
    await using world = await openWorld()
    const visitor = await world.visit()
    const started = await visitor.post('add-account', { type: 'com.example' })
    expect(bodyOf<{ activity: ActivityView }>(started).activity).toMatchObject({ kind: 'add', type: 'com.example' })
    const activity = await activityOf(visitor, started)
    const [account] = await world.world.manager.getAccounts()
    expect(activity).toMatchObject({ state: 'done', result: account?.id })
  })

  it('that cannot be added leaves an error with its code', async () => {
    await using world = await openWorld()
    world.world.authenticator.next('addAccount', new AccountError('ERR_NETWORK', 'the service cannot be reached'))
    const visitor = await world.visit()
    const activity = await activityOf(visitor, await visitor.post('add-account', { type: 'com.example' }))
    expect(activity).toMatchObject({ state: 'failed', error: { code: 'ERR_NETWORK', action: 'check-network' } })
    const unknown = await activityOf(visitor, await visitor.post('add-account', { type: 'com.unknown' }))
    expect(unknown).toMatchObject({ state: 'failed', error: { code: 'ERR_AUTHENTICATOR_NOT_FOUND' } })
  })

  it('is renamed; a name that is taken or unseen is refused and changes nothing', async () => {
    await using world = await openWorld()
    const { manager } = world.world
    const { id } = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'one' })
    await manager.addAccountExplicitly({ type: 'com.example', name: 'ben' }, { password: 'two' })
    const visitor = await world.visit()
    expect((await visitor.post('rename', { account: id, name: 'Ana at work' })).status).toBe(200)
    const taken = await visitor.post('rename', { account: id, name: 'ben' })
    expect({ status: taken.status, ...bodyOf<object>(taken) }).toMatchObject({
      status: 422,
      error: { code: 'ERR_ACCOUNT_EXISTS' },
    })
    for (const name of ['', 'a\u202Eb', 'a\u0000b']) {
      const refused = await visitor.post('rename', { account: id, name })
      expect({ status: refused.status, ...bodyOf<object>(refused) }).toMatchObject({
        status: 422,
        error: { code: 'ERR_BAD_REQUEST' },
      })
    }
    const details = await visitor.read<AccountDetails>(`api/account?id=${id}`)
    expect(details).toMatchObject({ card: { name: 'Ana at work' }, previousName: 'ana' })
  })

  it('is signed in to again, and a sign-in as somebody else changes nothing', async () => {
    await using world = await openWorld({ manager: { authenticator: { canUpdate: true } } })
    const account = await world.world.manager.addAccount('com.example')
    const visitor = await world.visit()
    const again = await activityOf(visitor, await visitor.post('reauthenticate', { account: account.id }))
    expect(again).toMatchObject({ kind: 'reauthenticate', state: 'done', result: account.id })
    world.world.authenticator.next(
      'updateCredentials',
      new AccountError('ERR_IDENTITY_MISMATCH', 'somebody else signed in', { account }),
    )
    const other = await activityOf(visitor, await visitor.post('reauthenticate', { account: account.id }))
    expect(other).toMatchObject({ state: 'failed', error: { code: 'ERR_IDENTITY_MISMATCH' } })
  })

  it('is removed, unless its authenticator does not allow that', async () => {
    await using world = await openWorld({ manager: { authenticator: { removalAllowed: true } } })
    const { id } = await world.world.manager.addAccount('com.example')
    const visitor = await world.visit()
    world.world.authenticator.next('getAccountRemovalAllowed', false)
    expect(await activityOf(visitor, await visitor.post('remove', { account: id }))).toMatchObject({ result: 'denied' })
    expect(await activityOf(visitor, await visitor.post('remove', { account: id }))).toMatchObject({
      result: 'removed',
    })
    expect(await world.world.manager.getAccounts()).toEqual([])
    const gone = await visitor.get(`api/account?id=${id}`)
    expect({ status: gone.status, ...bodyOf<object>(gone) }).toMatchObject({
      status: 422,
      error: { code: 'ERR_ACCOUNT_NOT_FOUND' },
    })
  })

  it('becomes the default of its type, and stops being it', async () => {
    await using world = await openWorld()
    const account = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    const visitor = await world.visit()
    await visitor.post('set-default', { account: account.id, on: true })
    expect(await world.world.manager.getDefaultAccount('com.example')).toEqual(account)
    await visitor.post('set-default', { account: account.id, on: false })
    expect(await world.world.manager.getDefaultAccount('com.example')).toBeUndefined()
  })

  it('of another app is shown, and refuses what only its owner may do', async () => {
    await using world = await openWorld()
    const { id } = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await world.world.manager.setAccountVisibility(id, 'org.other', 'visible')
    const accounts = await world.world.another({ app: { id: 'org.other' } })
    await using page = await openSettingsPage({ accounts })
    const visitor = await Visitor.enter(page.url)
    const details = await visitor.read<AccountDetails>(`api/account?id=${id}`)
    expect(details).toMatchObject({ card: { name: 'ana', state: 'orphaned' } })
    expect(details.apps).toBeUndefined()
    const renamed = await visitor.post('rename', { account: id, name: 'x' })
    expect(bodyOf(renamed)).toMatchObject({ error: { code: 'ERR_DENIED' } })
    expect(await activityOf(visitor, await visitor.post('remove', { account: id }))).toMatchObject({
      state: 'failed',
      error: { code: 'ERR_DENIED' },
    })
  })

  it('whose type nobody serves any more can still be renamed and removed by the app that made it', async () => {
    await using world = await openWorld()
    const { id } = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    world.world.manager.unregisterAuthenticator('com.example')
    const visitor = await world.visit()
    expect(await visitor.read<AccountDetails>(`api/account?id=${id}`)).toMatchObject({ apps: [] })
    expect((await visitor.post('rename', { account: id, name: 'ben' })).status).toBe(200)
    expect(await activityOf(visitor, await visitor.post('remove', { account: id }))).toMatchObject({
      result: 'removed',
    })
  })
})

describe('apps with access', () => {
  it('are listed with what they see and may use, and lose it', async () => {
    await using world = await openWorld({
      manager: { authenticator: { tokenTypes: { tasks: { label: 'Your tasks' } } } },
    })
    const { manager } = world.world
    const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'one' })
    await manager.grantAuthToken(account, 'tasks', 'org.other')
    await manager.setAccountVisibility(account, 'org.other', 'user-managed-visible')
    await manager.setAccountVisibility(account, 'org.third', 'not-visible')
    const visitor = await world.visit()
    const path = `api/account?id=${account.id}`
    expect((await visitor.read<AccountDetails>(path)).apps).toEqual([
      {
        principal: 'org.other',
        visibility: 'user-managed-visible',
        grants: [{ authTokenType: 'tasks', label: 'Your tasks', allowed: true }],
      },
      { principal: 'org.third', visibility: 'not-visible', grants: [] },
    ])
    const app = { account: account.id, principal: 'org.other' }
    expect((await visitor.post('revoke-grant', { ...app, authTokenType: 'tasks' })).status).toBe(200)
    expect((await visitor.post('set-visibility', { ...app, on: false })).status).toBe(200)
    expect(await manager.getAuthTokenGrants(account)).toEqual([])
    expect(await manager.getAccountVisibility(account, 'org.other')).toBe('user-managed-not-visible')
  })
})

describe('the vault', () => {
  it('is locked and unlocked from the page', async () => {
    await using world = await openWorld()
    const { manager } = world.world
    await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'one' })
    const visitor = await world.visit()
    expect((await visitor.post('lock', {})).status).toBe(200)
    const locked = await visitor.read<Overview>('api/overview')
    expect(locked.vault).toMatchObject({ locked: true, ok: false, problems: [{ code: 'ERR_VAULT_LOCKED' }] })
    expect(locked.accounts).toMatchObject([{ name: 'ana' }])
    const activity = await activityOf(visitor, await visitor.post('unlock', {}))
    expect(activity).toMatchObject({ kind: 'unlock', state: 'done', result: 'unlocked' })
    expect((await visitor.read<Overview>('api/overview')).vault).toMatchObject({ locked: false, ok: true })
  })
})
