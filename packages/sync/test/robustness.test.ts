import { AccountError, AccountManager } from '@accountry/accounts'
import { createFakeSyncAdapter, openTestManager, SyncTestDriver, type TestManager } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { OperationStore } from '../src/operation-store.ts'
import { openSqliteStore } from '../src/sqlite/open-sqlite-store.ts'
import { type CancelRequest, SyncManager } from '../src/sync-manager.ts'
import type { SyncManagerOptions } from '../src/sync-manager-options.ts'

/** A store whose writes a test counts and lets fail. */
function watched(store: OperationStore): {
  store: OperationStore
  writes: () => number
  failNext: (count: number) => void
} {
  let writes = 0
  let failing = 0
  const write = async <T>(run: () => T): Promise<T> => {
    writes++
    if (failing > 0) {
      failing--
      throw new AccountError('ERR_STORAGE_WRITE', 'the disk is full', { reason: 'disk_full' })
    }
    return await store.write(run)
  }
  const wrapped = new Proxy(store, {
    get: (target, name) => {
      if (name === 'write') return write
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const failNext = (count: number): void => {
    failing = count
  }
  return { store: wrapped, writes: () => writes, failNext }
}

async function world(): Promise<TestManager> {
  const made = await openTestManager()
  onTestFinished(() => made.close())
  return made
}

async function openSync(options: SyncManagerOptions): Promise<SyncManager> {
  const sync = await SyncManager.open(options)
  onTestFinished(() => sync.close())
  return sync
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('a disk that is full when a run ends', () => {
  it('loses neither the end of the run nor the request', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    const made = await world()
    const { store, failNext } = watched(await openSqliteStore({ directory: made.directory }))
    onTestFinished(() => store.close())
    const sync = await openSync({ accounts: made.manager, adapters: [adapter], store, clock: made.clock })
    const account = await made.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    sync.start()
    await sync.whenIdle()
    adapter.next(() => failNext(1))
    const { done } = sync.requestSync({ account, authority: 'tasks', manual: true })
    await settle()
    await made.clock.advance(1_000)
    expect(await done).toMatchObject({ outcome: 'success' })
    expect(adapter.runs).toHaveLength(1)
    expect(await sync.getCurrentSyncs()).toEqual([])
  })

  it('rejects what could not be accepted, and says so to whoever waits', async () => {
    const made = await world()
    const { store, failNext } = watched(await openSqliteStore({ directory: made.directory }))
    onTestFinished(() => store.close())
    const adapters = [createFakeSyncAdapter({ isAlwaysSyncable: true })]
    const sync = await openSync({ accounts: made.manager, adapters, store, clock: made.clock })
    const account = await made.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await sync.getHistory()
    failNext(1)
    const { accepted, done } = sync.requestSync({ account, authority: 'tasks', manual: true })
    await expect(accepted).rejects.toMatchObject({ code: 'ERR_STORAGE_WRITE' })
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'storage-error' })
    const again = sync.requestSync({ account, authority: 'tasks', manual: true })
    await again.accepted
    expect(await sync.getPendingSyncs()).toHaveLength(1)
  })
})

describe('processes that may not see an account', () => {
  it('leave its operations alone, and do not wake each other for them', async () => {
    const made = await world()
    const account = await made.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    const owner = await openSync({
      accounts: made.manager,
      adapters: [createFakeSyncAdapter({ isAlwaysSyncable: true })],
      clock: made.clock,
    })
    await owner.requestSync({ account, authority: 'tasks', manual: true }).accepted
    const adapters = [
      createFakeSyncAdapter({ isAlwaysSyncable: true }),
      createFakeSyncAdapter({ isAlwaysSyncable: true }),
    ]
    const counts: (() => number)[] = []
    for (const [index, adapter] of adapters.entries()) {
      const accounts = await made.another({ app: { id: `com.example.stranger${index}` } })
      const { store, writes } = watched(await openSqliteStore({ directory: made.directory }))
      onTestFinished(() => store.close())
      counts.push(writes)
      const sync = await openSync({ accounts, adapters: [adapter], store, clock: made.clock })
      sync.start()
      await sync.whenIdle()
    }
    await settle()
    const before = counts.map((count) => count())
    for (let round = 0; round < 5; round++) await made.clock.advance(30_000)
    await settle()
    expect(counts.map((count) => count())).toEqual(before)
    expect(adapters.flatMap(({ runs }) => runs)).toEqual([])
    expect(await owner.getPendingSyncs()).toHaveLength(1)
  })
})

describe('an account that is removed while its sync runs in another process', () => {
  it('ends the waiting here and the run there', async () => {
    const made = await world()
    const account = await made.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, always: 'hang' })
    const performer = await openSync({ accounts: made.manager, adapters: [adapter] })
    performer.start()
    const other = await AccountManager.open({
      app: { id: 'com.example.test' },
      directory: made.directory,
      keyProvider: made.keyProvider,
      authenticators: [made.authenticator],
    })
    onTestFinished(() => other.close())
    const asker = await openSync({ accounts: other })
    const { done } = asker.requestSync({ account, authority: 'tasks', manual: true })
    const changed = new Promise((resolve) => void asker.once('sync:changed', resolve))
    const runs = async (): Promise<boolean> => (await asker.getCurrentSyncs()).length > 0
    while (!(await runs())) await settle()
    await changed
    await other.removeAccountExplicitly(account)
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'account-removed' })
    while (adapter.active.length > 0) await settle()
    expect(adapter.runs[0]?.context.signal.aborted).toBe(true)
  })
})

describe('a vault that is locked', () => {
  it('delays a sync only until it is unlocked', async () => {
    const made = await world()
    const account = await made.manager.addAccount('com.example')
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
    adapter.always = async ({ getAuthToken }) => void (await getAuthToken('tasks'))
    const sync = await openSync({ accounts: made.manager, adapters: [adapter], clock: made.clock })
    sync.start()
    await sync.whenIdle()
    made.manager.lock()
    const { done } = sync.requestSync({ account, authority: 'tasks', manual: true })
    await sync.whenIdle()
    expect((await sync.explain({ account, authority: 'tasks' })).reasons).toEqual(['backoff'])
    await made.manager.unlock()
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })
})

describe('a run that shall not be retried', () => {
  it('is not when it took too long', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, defaults: { syncAutomatically: true } })
    const driver = await SyncTestDriver.open({ adapters: [adapter], limits: { maxRunMs: 60_000 }, start: false })
    onTestFinished(() => driver.close())
    const account = await driver.addAccount('ana')
    await driver.sync.cancelSync()
    adapter.next('hang')
    const { done } = driver.sync.requestSync({ account, authority: 'tasks', doNotRetry: true })
    driver.sync.start()
    await driver.advance(60_000)
    expect(await done).toMatchObject({ outcome: 'soft-error', reason: 'timed-out', attempts: 1 })
  })
})

describe('what the engine is opened with', () => {
  it.each<[string, Partial<Record<keyof SyncManagerOptions, unknown>>]>([
    ['accounts', { accounts: undefined }],
    ['accounts', { accounts: null }],
    ['adapters', { adapters: {} }],
    ['adapters[0]', { adapters: [null] }],
    ['adapters[0].accountType', { adapters: [{}] }],
    ['adapters[0].onPerformSync', { adapters: [{ accountType: 'x', authority: 'y' }] }],
    ['adapters[0].network', { adapters: [{ accountType: 'x', authority: 'y', onPerformSync() {}, network: 'fast' }] }],
    ['concurrency.regular', { concurrency: { regular: 0 } }],
    ['concurrency.initialization', { concurrency: { initialization: 1.5 } }],
    ['backoff.initialMs', { backoff: { initialMs: -1 } }],
    ['backoff.factor', { backoff: { factor: 0.5 } }],
    ['limits.graceMs', { limits: { graceMs: Number.NaN } }],
    ['minPeriodMs', { minPeriodMs: '1' }],
  ])('is checked: %s', async (option, options) => {
    const made = await world()
    const open = SyncManager.open({ accounts: made.manager, ...options } as SyncManagerOptions)
    await expect(open).rejects.toThrow(option)
    await expect(open).rejects.not.toBeInstanceOf(AccountError)
  })

  it.each<[string, (sync: SyncManager) => unknown]>([
    ['request', (sync) => sync.requestSync(null as never)],
    ['manual', (sync) => sync.requestSync({ manual: 1 as never })],
    ['account', (sync) => sync.requestSync({ account: null as never })],
    ['deletions', (sync) => sync.requestSync({ deletions: 'all' as never })],
    ['change', (sync) => sync.notifyChange(undefined as never)],
    ['news', (sync) => sync.notifyPush([] as never)],
    ['scope', async (sync) => sync.cancelSync(null as never)],
    ['id', async (sync) => sync.cancelSync({ id: 7 as never } as CancelRequest)],
    ['target', async (sync) => sync.explain(undefined as never)],
    ['on', async (sync) => sync.setSyncAutomatically({ account: 'x', authority: 'y' }, 1 as never)],
    ['syncable', async (sync) => sync.setIsSyncable({ account: 'x', authority: 'y' }, 'yes' as never)],
    ['limit', async (sync) => sync.getHistory({ limit: 0 })],
    ['listener', (sync) => sync.on('sync:queued', undefined as never)],
  ])('so is what it is asked: %s', async (option, call) => {
    const made = await world()
    const sync = await openSync({ accounts: made.manager })
    await expect((async () => call(sync))()).rejects.toThrow(option)
  })
})
