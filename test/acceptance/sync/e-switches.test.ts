import { describe, expect, it } from 'vitest'
import { openSmallWorld, openWorld, record } from './support/world.ts'

describe('4.E master and per-target switches', () => {
  it('case 77: the master switch is on at first, and says what it was set to', async () => {
    const { sync } = await openWorld()
    expect(await sync.getMasterSyncAutomatically()).toBe(true)
    await sync.setMasterSyncAutomatically(false)
    expect(await sync.getMasterSyncAutomatically()).toBe(false)
    await sync.setMasterSyncAutomatically(true)
    expect(await sync.getMasterSyncAutomatically()).toBe(true)
  })

  it('case 78: the switch of a target is off at first, and says what it was set to', async () => {
    const { driver, add } = await openSmallWorld()
    const { sync } = driver
    for (const account of [await add('a'), 'an-account-that-does-not-exist']) {
      const target = { account, authority: 'X' }
      expect(await sync.getSyncAutomatically(target)).toBe(false)
      await sync.setSyncAutomatically(target, false)
      expect(await sync.getSyncAutomatically(target)).toBe(false)
      await sync.setSyncAutomatically(target, true)
      expect(await sync.getSyncAutomatically(target)).toBe(true)
    }
  })

  it('case 80: switching a target on asks for one sync without extras', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    await sync.setSyncAutomatically(A1X, false)
    await sync.setSyncAutomatically(A1X, true)
    await sync.setSyncAutomatically(A1X, true)
    await settle()
    expect(X.runs).toMatchObject([{ account: A1X.account, extras: {}, reason: 'auto-sync' }])
  })

  it('case 81: with the master switch off nothing runs until it goes on; then all that are on do', async () => {
    const { sync, A1X, A2X, X, Y, X2, settle } = await openWorld()
    await sync.setMasterSyncAutomatically(false)
    await sync.setSyncAutomatically(A2X, false)
    await sync.setSyncAutomatically(A1X, false)
    await sync.setSyncAutomatically(A1X, true)
    await settle()
    expect(X.runs).toEqual([])
    await sync.setMasterSyncAutomatically(true)
    await settle()
    expect(X.runs).toMatchObject([{ account: A1X.account, reason: 'master-sync-auto' }])
    expect([Y.runs.length, X2.runs.length]).toEqual([2, 1])
  })

  it('case 82: switching off drops what is queued, at once and with the reason', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    const { done } = sync.requestSync({ ...A1X, notBeforeMs: 60_000 })
    expect(await sync.isSyncPending(A1X)).toBe(true)
    await sync.setSyncAutomatically(A1X, false)
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'auto-sync-off' })
    expect(await sync.isSyncPending(A1X)).toBe(false)
    await advance(60_000)
    expect(X.runs).toEqual([])
  })

  it('case 82: the master switch does so too', async () => {
    const { sync, A1X, B1X } = await openWorld()
    const handles = [A1X, B1X].map((target) => sync.requestSync({ ...target, notBeforeMs: 60_000 }))
    await sync.setMasterSyncAutomatically(false)
    for (const { done } of handles) expect(await done).toMatchObject({ outcome: 'dropped', reason: 'master-off' })
    expect(await sync.getPendingSyncs()).toEqual([])
  })

  it('case 83: switching off does not interrupt what runs', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.hold()
    const { done } = sync.requestSync(A1X)
    await settle()
    await sync.setSyncAutomatically(A1X, false)
    expect(X.runs[0]?.context.signal.aborted).toBe(false)
    X.release()
    expect(await done).toMatchObject({ outcome: 'success' })
  })

  it('case 84: what ignores the settings still runs after the master switch went off', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    const { done } = sync.requestSync({ ...A1X, ignoreSettings: true, notBeforeMs: 60_000 })
    await sync.setMasterSyncAutomatically(false)
    await advance(60_000)
    expect(await done).toMatchObject({ outcome: 'success' })
    expect(X.runs).toHaveLength(1)
  })

  it('case 86: switching on a target that is not initialised initialises it', async () => {
    const { driver, adapter, add } = await openSmallWorld()
    const target = { account: await add('a'), authority: 'X' }
    await driver.sync.whenIdle()
    await driver.sync.setIsSyncable(target, -1)
    await driver.sync.setSyncAutomatically(target, true)
    await driver.sync.whenIdle()
    expect(adapter.runs.map(({ initialize }) => initialize)).toEqual([true, true, false])
  })

  it('announces a change of a setting once, and nothing where nothing changed', async () => {
    const { sync, A1X } = await openWorld()
    const settings = record(sync, 'sync:settings')
    await sync.setSyncAutomatically(A1X, false)
    await sync.setSyncAutomatically(A1X, false)
    await sync.setMasterSyncAutomatically(true)
    await sync.setMasterSyncAutomatically(false)
    expect(settings.map(({ setting, authority }) => [setting, authority])).toEqual([
      ['auto', 'X'],
      ['master', undefined],
    ])
  })

  it('writes the defaults of an adapter once, and never over a later choice', async () => {
    const { driver, add } = await openSmallWorld({ isAlwaysSyncable: true, defaults: { syncAutomatically: true } })
    const target = { account: await add('a'), authority: 'X' }
    expect(await driver.sync.getSyncAutomatically(target)).toBe(true)
    await driver.sync.setSyncAutomatically(target, false)
    await driver.restart()
    expect(await driver.sync.getSyncAutomatically(target)).toBe(false)
  })
})
