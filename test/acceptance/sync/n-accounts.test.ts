import { SyncManager } from '@accountry/sync'
import { createFakeSyncAdapter, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, openDriver, openSmallWorld, openWorld, record } from './support/world.ts'

describe('4.N accounts, adapters, access', () => {
  it('case 243: removing an account cancels its run', async () => {
    const { driver, sync, A1, A1X, X, settle } = await openWorld()
    X.hold()
    const { done } = sync.requestSync(A1X)
    await settle()
    await driver.accounts.removeAccountExplicitly(A1)
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'account-removed' })
    expect(X.runs[0]?.context.signal.aborted).toBe(true)
  })

  it('case 244: everything of a removed account goes, and nothing of others', async () => {
    const { driver, sync, A1, A2, A1X, A2X, settle } = await openWorld()
    for (const target of [A1X, A2X]) {
      await sync.addPeriodicSync({ ...target, periodMs: HOUR })
      await sync.requestSync(target).done
    }
    const queued = sync.requestSync({ ...A1X, notBeforeMs: MINUTE })
    const other = sync.requestSync({ ...A2X, notBeforeMs: MINUTE })
    await settle()
    await driver.accounts.removeAccountExplicitly(A1)
    expect(await queued.done).toMatchObject({ outcome: 'dropped', reason: 'account-removed' })
    expect(await sync.getSyncStatus(A1X)).toBeUndefined()
    expect(await sync.getHistory({ account: A1 })).toEqual([])
    expect((await sync.getPeriodicSyncs()).map(({ account }) => account)).toEqual([A2])
    expect(await sync.getPendingSyncs()).toMatchObject([{ id: other.id }])
    expect(await sync.getHistory({ account: A2 })).toHaveLength(1)
  })

  it('case 245: an account that comes back under its old name begins as new', async () => {
    const { driver, adapter, add } = await openSmallWorld({ isAlwaysSyncable: true, always: 'soft' })
    const before = await add('a')
    driver.sync.requestSync({ account: before, authority: 'X', manual: true })
    await driver.sync.whenIdle()
    await driver.accounts.removeAccountExplicitly(before)
    const after = await add('a')
    const target = { account: after, authority: 'X' }
    expect(await driver.sync.getSyncStatus(target)).not.toHaveProperty('backoffUntilAt')
    expect(await driver.sync.getSyncAutomatically(target)).toBe(false)
    adapter.always = 'ok'
    await driver.advance(HOUR)
    expect(adapter.runs).toHaveLength(1)
  })

  it('case 246: what is queued for an account that was removed while nobody looked is dropped at the start', async () => {
    const { driver, A1, A1X, X, settle } = await openWorld({ start: false })
    driver.sync.requestSync(A1X)
    await settle()
    await driver.sync.close()
    await driver.accounts.removeAccountExplicitly(A1)
    await driver.restart({ start: true })
    await settle()
    expect(await driver.sync.getPendingSyncs()).toEqual([])
    expect(X.runs).toEqual([])
  })

  it('case 248: a new adapter is run for all accounts of its type; one known before is not run again', async () => {
    const first = createFakeSyncAdapter({ accountType: 'type1', authority: 'X', isAlwaysSyncable: true })
    const driver = await openDriver({ adapters: [first] })
    for (const name of ['a', 'b']) await driver.addAccount(name)
    const defaults = { syncAutomatically: true }
    const options = { accountType: 'type1', authority: 'Y', isAlwaysSyncable: true, defaults }
    const second = createFakeSyncAdapter(options)
    driver.sync.registerAdapter(second)
    await driver.sync.whenIdle()
    expect(second.runs.map(({ account, reason }) => [account.name, reason])).toEqual([
      ['a', 'service-changed'],
      ['b', 'service-changed'],
    ])
    const again = createFakeSyncAdapter(options)
    await driver.restart({ adapters: [first, again] })
    await driver.sync.whenIdle()
    expect(again.runs).toEqual([])
  })

  it('refuses a second adapter for the same account type and authority', async () => {
    const { driver } = await openSmallWorld()
    const second = createFakeSyncAdapter({ accountType: 'type1', authority: 'X' })
    expect(() => driver.sync.registerAdapter(second)).toThrow(TypeError)
  })

  it('case 250: an adapter of an app that may not use the account waits until the owner allows it', async () => {
    await using owner = await openTestManager()
    const type = 'com.example'
    const stranger = await owner.another({ app: { id: 'com.example.stranger' } })
    const account = await owner.manager.addAccountExplicitly({ type, name: 'ana' }, { password: 'x' })
    await owner.manager.setAccountVisibility(account, 'com.example.stranger', 'visible')
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    adapter.always = async ({ getAuthToken }) => void (await getAuthToken('tasks'))
    const open = async (): Promise<SyncManager> => {
      const sync = await SyncManager.open({ accounts: stranger, adapters: [adapter], clock: owner.clock })
      sync.start()
      return sync
    }
    const before = await open()
    const target = { account, authority: 'tasks' }
    expect(await before.requestSync({ ...target, manual: true }).done).toMatchObject({ outcome: 'parked' })
    expect((await before.explain(target)).reasons).toEqual(['access-required'])
    await before.close()
    await owner.manager.grantAuthToken(account, 'tasks', 'com.example.stranger')
    await owner.manager.getAuthToken(account, 'tasks')
    await stranger.flush()
    const after = await open()
    await after.whenIdle()
    expect(adapter.runs).toHaveLength(2)
    expect((await after.getSyncStatus(target))?.parked).toBeUndefined()
    await after.close()
  })

  it('case 251: settings for an account that does not exist are taken, but gone after a restart', async () => {
    const { driver, sync, A1X } = await openWorld()
    const unknown = { account: 'nobody', authority: 'X' }
    await sync.setSyncAutomatically(unknown, true)
    await sync.setIsSyncable(A1X, 0)
    expect(await sync.getSyncAutomatically(unknown)).toBe(true)
    await driver.restart({ start: true })
    await driver.settle()
    expect(await driver.sync.getSyncAutomatically(unknown)).toBe(false)
    expect(await driver.sync.getIsSyncable(A1X)).toBe(0)
  })

  it('case 251: settings for an authority that nobody knows yet wait for its adapter', async () => {
    const { driver, sync, A1 } = await openWorld()
    const target = { account: A1, authority: 'Z' }
    await sync.setSyncAutomatically(target, true)
    const Z = createFakeSyncAdapter({ accountType: 'type1', authority: 'Z', defaults: { syncAutomatically: false } })
    driver.sync.registerAdapter(Z)
    await sync.whenIdle()
    expect(await sync.getSyncAutomatically(target)).toBe(true)
    expect(Z.runs[0]).toMatchObject({ initialize: true, account: A1 })
  })

  it('case 252: a renamed account keeps settings, periodic syncs, cursor and what is queued', async () => {
    const { driver, sync, A1, A1X, X, settle } = await openWorld()
    X.next(({ cursor }) => cursor.set('here'))
    await sync.requestSync(A1X).done
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    const queued = sync.requestSync({ ...A1X, notBeforeMs: MINUTE })
    await settle()
    const renamed = await driver.accounts.renameAccount(A1, 'z')
    await settle()
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([{ account: renamed }])
    await driver.advance(MINUTE)
    expect(await queued.done).toMatchObject({ outcome: 'success' })
    expect(X.runs[1]?.account).toEqual(renamed)
    expect(X.runs[1]?.context.cursor.get()).toBe('here')
  })

  it('takes a request for an account in the line after it was added', async () => {
    const { driver, adapter } = await openSmallWorld({ isAlwaysSyncable: true })
    const account = await driver.accounts.addAccountExplicitly({ type: 'type1', name: 'new' })
    const { outcome, done } = driver.sync.requestSync({ account, authority: 'X', manual: true })
    expect(outcome).toBe('accepted')
    expect(await done).toMatchObject({ outcome: 'success' })
    expect(adapter.runs).toHaveLength(1)
  })

  it('drops a request for an account in the line after it was removed', async () => {
    const { driver, add } = await openSmallWorld({ isAlwaysSyncable: true })
    const account = await add('a')
    await driver.accounts.removeAccountExplicitly(account)
    const request = { account, authority: 'X', manual: true }
    expect(driver.sync.requestSync(request)).toMatchObject({ outcome: 'dropped', reason: 'no-account' })
  })

  it('a target that was parked when the engine ended goes on at the start after the person signed in', async () => {
    const { driver, A1, A1X, X, settle } = await openWorld()
    X.next('auth')
    await driver.sync.requestSync(A1X).done
    await driver.sync.close()
    await driver.accounts.setPassword(A1, 'another')
    await driver.restart({ start: true })
    await settle()
    expect(X.runs).toHaveLength(2)
    await driver.advance(6 * HOUR)
    expect(X.runs).toHaveLength(2)
  })

  it('a target that was parked stays so over a restart while nobody signs in', async () => {
    const { driver, A1X, X } = await openWorld()
    X.next('auth')
    await driver.sync.requestSync(A1X).done
    await driver.restart({ start: true })
    const parked = record(driver.sync, 'sync:unparked')
    await driver.advance(6 * HOUR)
    expect(X.runs).toHaveLength(1)
    expect(parked).toEqual([])
    expect((await driver.sync.explain(A1X)).state).toBe('parked')
  })
})
