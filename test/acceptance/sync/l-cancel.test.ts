import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, openDriver, openWorld } from './support/world.ts'

describe('4.L cancel, stop, limits, crashes', () => {
  it('case 212: canceling one account leaves another active', async () => {
    const { sync, A1X, A2X, X, settle } = await openWorld({ adapter: { allowParallelSyncs: true } })
    X.hold()
    sync.requestSync(A1X)
    sync.requestSync(A2X)
    await settle()
    await sync.cancelSync(A1X)
    await settle()
    expect(await sync.isSyncActive(A1X)).toBe(false)
    expect(await sync.isSyncActive(A2X)).toBe(true)
  })

  it('case 213: canceling all ends what is active and queued; periodic syncs stay', async () => {
    const { sync, A1X, A1Y, X, settle } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    X.hold()
    const active = sync.requestSync(A1X)
    const queued = sync.requestSync({ ...A1Y, notBeforeMs: MINUTE })
    await settle()
    expect(await sync.cancelSync({})).toBe(2)
    expect(await active.done).toMatchObject({ outcome: 'canceled' })
    expect(await queued.done).toMatchObject({ outcome: 'canceled' })
    expect(await sync.getPendingSyncs()).toEqual([])
    expect(await sync.getPeriodicSyncs()).toHaveLength(1)
  })

  it('case 214: canceling a target does not remove its periodic syncs', async () => {
    const { sync, A1X } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
    await sync.cancelSync(A1X)
    expect(await sync.getPeriodicSyncs(A1X)).toHaveLength(1)
  })

  it('case 215: canceling by extras takes all with these extras, whatever their settings', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    const extras = { e: 1 }
    X.hold()
    const active = sync.requestSync({ ...A1X, extras, manual: true })
    await settle()
    const queued = sync.requestSync({ ...A1X, extras, upload: true, notBeforeMs: MINUTE })
    const other = sync.requestSync({ ...A1X, extras: { f: 1 }, notBeforeMs: MINUTE })
    expect(await sync.cancelSync({ ...A1X, extras })).toBe(2)
    expect(await active.done).toMatchObject({ outcome: 'canceled' })
    expect(await queued.done).toMatchObject({ outcome: 'canceled' })
    expect(await sync.getPendingSyncs()).toMatchObject([{ id: other.id }])
  })

  it('case 216: removing a periodic sync takes its extras exactly', async () => {
    const { sync, A1X } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR, extras: { e: 1 } })
    await sync.removePeriodicSync({ ...A1X, extras: { e: 1, f: null } })
    expect(await sync.getPeriodicSyncs()).toHaveLength(1)
    await sync.removePeriodicSync({ ...A1X, extras: { e: 1 } })
    expect(await sync.getPeriodicSyncs()).toHaveLength(0)
  })

  it('case 218: canceling nothing has no effect', async () => {
    const { sync, A1X } = await openWorld()
    expect(await sync.cancelSync(A1X)).toBe(0)
    expect(await sync.cancelSync({ id: 'unknown' })).toBe(0)
  })

  it('cancels what the id of a handle stands for, also for several accounts', async () => {
    const { sync } = await openWorld()
    const handle = sync.requestSync({ authority: 'X', notBeforeMs: MINUTE })
    expect(await sync.cancelSync({ id: handle.id })).toBe(3)
    expect(await handle.done).toMatchObject({ outcome: 'canceled' })
  })

  it('case 219: of a parallel adapter only the run of that account is aborted', async () => {
    const aborted: string[] = []
    const { sync, A1X, A2X, X, settle } = await openWorld({
      adapter: { allowParallelSyncs: true, onSyncCanceled: ({ account }) => aborted.push(account.name) },
    })
    X.hold()
    sync.requestSync(A1X)
    sync.requestSync(A2X)
    await settle()
    await sync.cancelSync(A1X)
    expect(X.runs.map(({ context }) => context.signal.aborted)).toEqual([true, false])
    expect(aborted).toEqual(['a'])
  })

  it('case 220: without a sign of life it is canceled, without retry and without wait', async () => {
    const { sync, A1X, X, advance } = await openWorld({ limits: { inactivityMs: 60_000 } })
    X.next('hang')
    const { done } = sync.requestSync(A1X)
    await advance(59_999)
    expect(X.active).toHaveLength(1)
    await advance(1)
    expect(await done).toMatchObject({ outcome: 'canceled', reason: 'no-progress' })
    expect(await sync.getSyncStatus(A1X)).not.toHaveProperty('backoffUntilAt')
    await advance(HOUR)
    expect(X.runs).toHaveLength(1)
  })

  it('case 221: with a sign of life in each window it goes on', async () => {
    const { sync, A1X, X, advance } = await openWorld({ limits: { inactivityMs: 60_000 } })
    X.hold()
    sync.requestSync(A1X)
    for (let minute = 0; minute < 10; minute++) {
      await advance(55_000)
      X.runs[0]?.context.progress({ done: minute })
    }
    expect(X.active).toHaveLength(1)
  })

  it('case 222: at the limit on its length it is stopped and tried again after a wait', async () => {
    const { sync, A1X, X, advance } = await openWorld({ limits: { maxRunMs: 600_000 } })
    X.next('hang')
    const { done } = sync.requestSync(A1X)
    await advance(600_000)
    expect(X.active).toHaveLength(0)
    await advance(29_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it.each([{ expedited: true }, { manual: true }, { ignoreSettings: true }])(
    'case 224: the limit of 30 minutes does not apply to %o',
    async (flags) => {
      const { sync, A1X, X, advance } = await openWorld()
      X.hold()
      sync.requestSync({ ...A1X, ...flags })
      await advance(HOUR)
      expect(X.active).toHaveLength(1)
    },
  )

  it('case 227: an adapter that throws at once loses nothing', async () => {
    const { sync, A1X, X } = await openWorld()
    X.onPerformSync = (() => {
      throw new Error('at once')
    }) as never
    expect(await sync.requestSync(A1X).done).toMatchObject({ outcome: 'hard-error', error: { message: 'at once' } })
    expect((await sync.getHistory())[0]?.message).toBe('at once')
  })

  it('case 230: a run that ends after its account was removed changes nothing', async () => {
    const { driver, sync, A1, A1X, X, settle } = await openWorld()
    X.next('ignore-abort')
    const { done } = sync.requestSync(A1X)
    await settle()
    await driver.accounts.removeAccountExplicitly(A1)
    await settle()
    X.letGo()
    await sync.whenIdle()
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'account-removed' })
    expect(await sync.getHistory({ account: A1 })).toEqual([])
  })

  it('case 231: closing aborts, waits its grace period, and what ran runs again at the next start', async () => {
    const { driver, A1X, X, settle } = await openWorld({ limits: { graceMs: 20 } })
    X.next('ignore-abort')
    driver.sync.requestSync(A1X)
    await settle()
    await driver.restart({ start: true })
    expect(X.runs[0]?.context.signal.aborted).toBe(true)
    await settle()
    expect(X.runs.map(({ attempt }) => attempt)).toEqual([1, 1])
    X.letGo()
  })

  it('case 232: a network that comes back while a sync runs neither cancels nor loses it', async () => {
    const { driver, sync, A1X, A2X, X, settle } = await openWorld()
    X.next('soft')
    await sync.requestSync({ ...A2X, doNotRetry: true }).done
    driver.environment.network = 'metered'
    X.hold()
    const { done } = sync.requestSync(A1X)
    await settle()
    driver.environment.network = 'unmetered'
    await settle()
    expect(X.runs.at(-1)?.context.signal.aborted).toBe(false)
    X.release()
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
    await settle()
    expect(X.runs).toHaveLength(2)
  })

  it('refuses work after it was closed', async () => {
    const driver = await openDriver({})
    await driver.sync.close()
    expect(() => driver.sync.requestSync({})).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    await expect(driver.sync.getHistory()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await driver.sync.close()
  })
})
