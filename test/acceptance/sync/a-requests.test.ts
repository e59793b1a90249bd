import type { SyncManager } from '@accountry/sync'
import { createFakeSyncAdapter } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { openDriver, openWorld, record } from './support/world.ts'

describe('4.A requests and validation', () => {
  it('case 2: takes extras with integers, floats, big integers, booleans, strings and null', async () => {
    const { sync, A1X, X } = await openWorld()
    const extras = { int: 1, long: 9_007_199_254_740_993n, bool: false, float: 0.1, text: 'x', nothing: null }
    await sync.requestSync({ ...A1X, extras }).done
    expect(X.runs[0]?.extras).toEqual(extras)
  })

  it('case 3: takes extras that hold an account', async () => {
    const { sync, A1X, X, A2 } = await openWorld()
    await sync.requestSync({ ...A1X, extras: { other: A2 } }).done
    expect(X.runs[0]?.extras['other']).toEqual(A2)
  })

  it.each([[{}], [() => 1], [new Date(0)], [[1]], [Symbol('x')], [Number.NaN]])(
    'case 4: refuses an extra that is %s',
    async (value) => {
      const { sync, A1X, X, settle } = await openWorld()
      expect(() => sync.requestSync({ ...A1X, extras: { value: value as never } })).toThrow(TypeError)
      await settle()
      expect(X.runs).toEqual([])
    },
  )

  it.each<[string, (sync: SyncManager, target: never) => unknown]>([
    ['setSyncAutomatically', async (sync, target) => sync.setSyncAutomatically(target, true)],
    ['addPeriodicSync', async (sync, target) => sync.addPeriodicSync({ ...(target as object), periodMs: 1 } as never)],
    ['removePeriodicSync', async (sync, target) => sync.removePeriodicSync(target)],
    ['cancelSync', async (sync, target) => sync.cancelSync(target)],
    ['setIsSyncable', async (sync, target) => sync.setIsSyncable(target, 1)],
    ['requestSync', async (sync, target) => sync.requestSync(target)],
    ['getSyncStatus', async (sync, target) => sync.getSyncStatus(target)],
    ['explain', async (sync, target) => sync.explain(target)],
  ])('case 5: %s refuses an empty authority', async (_name, call) => {
    const { sync, A1 } = await openWorld()
    await expect(call(sync, { account: A1, authority: '' } as never)).rejects.toThrow(TypeError)
  })

  it('case 6: takes no account and no authority as all', async () => {
    const { sync, X, Y, X2 } = await openWorld()
    await sync.requestSync({}).done
    expect([X, Y, X2].map(({ runs }) => runs.length)).toEqual([2, 2, 1])
    expect(await sync.cancelSync({})).toBe(0)
  })

  it('case 8: a manual request without an account calls the adapter of the syncable one', async () => {
    const adapter = createFakeSyncAdapter({ accountType: 'type1', authority: 'X', isAlwaysSyncable: true })
    const driver = await openDriver({ adapters: [adapter] })
    await driver.addAccount('a', 'type1')
    await driver.sync.requestSync({ authority: 'X', manual: true }).done
    expect(adapter.runs).toHaveLength(1)
  })

  it('case 9: without account and authority only accounts whose type has an adapter run', async () => {
    const adapter = createFakeSyncAdapter({ accountType: 'type1', authority: 'X', isAlwaysSyncable: true })
    const others = [{ description: { type: 'type2', label: 'type2' } }]
    const driver = await openDriver({
      adapters: [adapter],
      authenticators: ['type1', ...others.map(({ description }) => description.type)].map((type) => ({
        description: { type, label: type },
        addAccount: async () => ({ name: 'x' }),
        getAuthToken: async () => ({ value: 'x' }),
      })),
    })
    const A1 = await driver.addAccount('a', 'type1')
    const A2 = await driver.addAccount('b', 'type1')
    await driver.addAccount('c', 'type2')
    await driver.sync.requestSync({ manual: true }).done
    expect(adapter.runs.map(({ account }) => account.id).sort()).toEqual([A1.id, A2.id].sort())
  })

  it('case 10: without an authority every authority of the account runs', async () => {
    const { sync, A1, X, Y } = await openWorld()
    await sync.requestSync({ account: A1 }).done
    expect([X.runs.length, Y.runs.length]).toEqual([1, 1])
  })

  it('case 11: a request for an authority without adapter is dropped and says so', async () => {
    const { sync, A1, settle } = await openWorld()
    const handle = sync.requestSync({ account: A1, authority: 'Z' })
    expect(handle).toMatchObject({ outcome: 'dropped', reason: 'no-adapter' })
    expect(await handle.done).toMatchObject({ outcome: 'dropped', reason: 'no-adapter', attempts: 0 })
    await settle()
    expect(await sync.isSyncPending({ account: A1, authority: 'Z' })).toBe(false)
  })

  it('case 12: a request when there is no account is dropped and says so', async () => {
    const adapter = createFakeSyncAdapter({ accountType: 'type1', authority: 'X' })
    const { sync } = await openDriver({ adapters: [adapter] })
    const handle = sync.requestSync({ authority: 'X' })
    expect(handle).toMatchObject({ outcome: 'dropped', reason: 'no-account' })
    expect(await sync.getPendingSyncs()).toEqual([])
  })

  it('case 14: a plain request is dropped where the switch is off', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    await sync.setSyncAutomatically(A1X, false)
    expect(sync.requestSync(A1X)).toMatchObject({ outcome: 'dropped', reason: 'auto-sync-off' })
    await settle()
    expect(await sync.isSyncPending(A1X)).toBe(false)
    expect(X.runs).toEqual([])
  })

  it('case 15: a plain request is dropped when the master switch is off', async () => {
    const { sync, A1X } = await openWorld()
    await sync.setMasterSyncAutomatically(false)
    expect(sync.requestSync(A1X)).toMatchObject({ outcome: 'dropped', reason: 'master-off' })
  })

  it('case 16: a request that ignores the settings runs with both switches off', async () => {
    const { sync, A1X, X } = await openWorld()
    await sync.setMasterSyncAutomatically(false)
    await sync.setSyncAutomatically(A1X, false)
    expect(await sync.requestSync({ ...A1X, ignoreSettings: true }).done).toMatchObject({ outcome: 'success' })
    expect(X.runs).toHaveLength(1)
  })

  it('case 17: a manual request ignores settings and backoff', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.next('soft')
    sync.requestSync(A1X)
    await settle()
    await sync.setSyncAutomatically(A1X, false)
    expect(await sync.requestSync({ ...A1X, manual: true }).done).toMatchObject({ outcome: 'success' })
    expect(X.runs).toHaveLength(2)
  })

  it('case 18: an upload is dropped where the adapter cannot upload', async () => {
    const { sync, A1X } = await openWorld({ adapter: { supportsUploading: false } })
    expect(sync.requestSync({ ...A1X, upload: true })).toMatchObject({
      outcome: 'dropped',
      reason: 'upload-unsupported',
    })
  })

  it('case 20: one request is one run, and extras are there even when none were given', async () => {
    const { sync, A1X, X } = await openWorld()
    await sync.requestSync(A1X).done
    expect(X.runs).toHaveLength(1)
    expect(X.runs[0]?.extras).toEqual({})
  })

  it('case 21: active is true for the account and authority that run, and for no other', async () => {
    const { sync, A1X, A1Y, A2X, X, settle } = await openWorld()
    expect(await sync.isSyncActive(A1X)).toBe(false)
    X.hold()
    sync.requestSync(A1X)
    await settle()
    expect(await sync.isSyncActive(A1X)).toBe(true)
    expect(await sync.isSyncActive(A1Y)).toBe(false)
    expect(await sync.isSyncActive(A2X)).toBe(false)
  })

  it('case 22: the promise of every request settles once, whatever becomes of it', async () => {
    const { driver, sync, A1X, A1Y, A2X, B1X, X, Y, settle } = await openWorld()
    Y.next('hard')
    X.next('auth')
    const requests = [
      sync.requestSync(A1X),
      sync.requestSync(A1Y),
      sync.requestSync({ ...A2X, notBeforeMs: 1_000 }),
      sync.requestSync({ ...A2X, notBeforeMs: 2_000 }),
      sync.requestSync({ ...B1X, notBeforeMs: 5_000 }),
      sync.requestSync({ account: 'nobody', authority: 'X' }),
    ]
    await settle()
    await sync.cancelSync(A2X)
    const closing = driver.sync.close()
    const outcomes = await Promise.all(requests.map(({ done }) => done))
    await closing
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'parked',
      'hard-error',
      'canceled',
      'canceled',
      'dropped',
      'dropped',
    ])
  })

  it('case 23: what the caller does to the extras afterwards does not reach the operation', async () => {
    const { sync, A1X, X } = await openWorld()
    const extras: Record<string, string> = { folder: 'inbox' }
    const { done } = sync.requestSync({ ...A1X, extras })
    extras['folder'] = 'other'
    await done
    expect(X.runs[0]?.extras).toEqual({ folder: 'inbox' })
  })

  it('case 24: a manual request counts as one of the user', async () => {
    const { sync, A1X } = await openWorld()
    await sync.requestSync({ ...A1X, manual: true }).done
    expect((await sync.getHistory())[0]).toMatchObject({ source: 'user', reason: 'user' })
  })

  it('says to the listeners what was dropped and why', async () => {
    const { sync, A1X } = await openWorld()
    await sync.setMasterSyncAutomatically(false)
    const dropped = record(sync, 'sync:dropped')
    const { id } = sync.requestSync(A1X)
    expect(dropped).toMatchObject([{ id, why: 'master-off', authority: 'X', account: A1X.account }])
  })
})
