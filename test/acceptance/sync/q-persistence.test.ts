import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '@accountry/sync'
import { createFakeSyncAdapter } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, openDriver, openWorld, record } from './support/world.ts'

describe('4.Q persistence and recovery', () => {
  it('case 280: switches and states of two accounts and two authorities survive a restart exactly', async () => {
    const { driver, sync, A1, A2, A1X, A1Y, A2X } = await openWorld()
    await sync.setSyncAutomatically(A1X, false)
    await sync.setIsSyncable(A1Y, 0)
    await sync.setIsSyncable(A2X, -1)
    await sync.setMasterSyncAutomatically(false)
    const read = async (): Promise<unknown[]> => {
      const answers: unknown[] = [await driver.sync.getMasterSyncAutomatically()]
      for (const account of [A1, A2]) {
        for (const authority of ['X', 'Y']) {
          const target = { account, authority }
          answers.push(await driver.sync.getSyncAutomatically(target), await driver.sync.getIsSyncable(target))
        }
      }
      return answers
    }
    const before = await read()
    expect(before).toEqual([false, false, 1, true, 0, true, -1, true, 1])
    await driver.restart()
    expect(await read()).toEqual(before)
  })

  it('case 281: a queued operation survives with everything that it says', async () => {
    const { driver, A1, A1X } = await openWorld({ start: false })
    const { id } = driver.sync.requestSync({
      ...A1X,
      manual: true,
      expedited: true,
      extras: { a: 1 },
      notBeforeMs: MINUTE,
    })
    const before = await driver.sync.getPendingSyncs()
    expect(before).toMatchObject([
      { id, account: A1, authority: 'X', reason: 'user', extras: { a: 1 }, state: 'queued' },
    ])
    await driver.restart({ start: false })
    expect(await driver.sync.getPendingSyncs()).toEqual(before)
  })

  it('case 282: of three queued ones of which one is canceled, two survive in order', async () => {
    const { driver, A1X } = await openWorld({ start: false })
    for (const n of [1, 2, 3]) driver.sync.requestSync({ ...A1X, extras: { n } })
    await driver.sync.cancelSync({ ...A1X, extras: { n: 2 } })
    await driver.restart({ start: false })
    expect((await driver.sync.getPendingSyncs()).map(({ extras }) => extras['n'])).toEqual([1, 3])
  })

  it('case 285, 286: a renamed authority keeps its settings, unless the new name has its own', async () => {
    const before = createFakeSyncAdapter({ accountType: 'type1', authority: 'contacts', isAlwaysSyncable: true })
    const driver = await openDriver({ adapters: [before] })
    const A1 = await driver.addAccount('a')
    const A2 = await driver.addAccount('b')
    for (const account of [A1, A2]) await driver.sync.setSyncAutomatically({ account, authority: 'contacts' }, true)
    await driver.sync.addPeriodicSync({ account: A1, authority: 'contacts', periodMs: HOUR })
    await driver.sync.setSyncAutomatically({ account: A2, authority: 'people' }, true)
    await driver.sync.setSyncAutomatically({ account: A2, authority: 'people' }, false)
    const after = createFakeSyncAdapter({ accountType: 'type1', authority: 'people', formerAuthorities: ['contacts'] })
    await driver.restart({ adapters: [after] })
    expect(await driver.sync.getSyncAutomatically({ account: A1, authority: 'people' })).toBe(true)
    expect(await driver.sync.getPeriodicSyncs()).toMatchObject([{ account: A1, authority: 'people' }])
    expect(await driver.sync.getSyncAutomatically({ account: A2, authority: 'people' })).toBe(false)
    expect(await driver.sync.getSyncStatus({ account: A1, authority: 'contacts' })).toBeUndefined()
  })

  it('case 290, 291: what ended is stored when its promise resolves', async () => {
    const { driver, A1, A1X, X } = await openWorld()
    X.next('hard')
    await driver.sync.requestSync(A1X).done
    const store = await openSqliteStore({ directory: driver.directory })
    const target = store.targets.find(A1.id, 'X')
    expect(JSON.parse(target?.status ?? '{}')).toMatchObject({ lastFailure: 'parse-error' })
    store.close()
  })

  it('case 292, 341: what ran in a process that died runs again exactly once', async () => {
    const { driver, A1X, X, settle } = await openWorld()
    const store = await openSqliteStore({ directory: driver.directory })
    driver.sync.requestSync({ ...A1X, notBeforeMs: 0, extras: { a: 1 } })
    X.hold()
    await settle()
    // What a process leaves that was killed: a claim of an owner whose lock is gone.
    const [running] = store.operations.listBusy()
    const dead = 'd'.repeat(16)
    await store.write(() => running && store.operations.save({ ...running, claimedBy: dead }))
    store.close()
    X.release()
    await driver.advance(2_000)
    expect(X.runs.map(({ extras, attempt }) => [extras['a'], attempt])).toEqual([
      [1, 1],
      [1, 1],
    ])
    expect(await driver.sync.getCurrentSyncs()).toEqual([])
    await driver.advance(HOUR)
    expect(X.runs).toHaveLength(2)
  })

  it.each([
    ['cut in half', (file: string) => truncateSync(file, 6_000)],
    ['not a database', (file: string) => writeFileSync(file, 'x'.repeat(8_192))],
  ])('case 294: a database that is %s is kept aside, and said so', async (_name, damage) => {
    const { driver, A1X, X } = await openWorld()
    await driver.sync.requestSync(A1X).done
    await driver.sync.close()
    const file = join(driver.directory, 'sync.db')
    damage(file)
    await driver.restart({ start: false })
    const warnings = record(driver.sync, 'sync:warning')
    driver.sync.start()
    await driver.sync.whenIdle()
    expect(warnings).toMatchObject([{ code: 'ERR_VAULT_CORRUPT' }])
    expect(readdirSync(driver.directory).some((name) => name.startsWith('sync.db.damaged-'))).toBe(true)
    expect(await driver.sync.requestSync({ ...A1X, manual: true }).done).toMatchObject({ outcome: 'success' })
    expect(X.runs.length).toBeGreaterThan(1)
  })

  it('case 39, 287: a record that makes no sense is left out, and disturbs nothing else', async () => {
    const { driver, A1X, A1Y, X, Y } = await openWorld({ start: false })
    const broken = driver.sync.requestSync({ ...A1X, extras: { a: 1 } })
    await broken.accepted
    const store = await openSqliteStore({ directory: driver.directory })
    const [stored] = store.operations.listWaiting()
    await store.write(() => stored && store.operations.save({ ...stored, extras: 'not JSON' }))
    store.close()
    expect(await driver.sync.getPendingSyncs()).toMatchObject([{ extras: {} }])
    driver.sync.start()
    expect(await driver.sync.requestSync(A1Y).done).toMatchObject({ outcome: 'success' })
    expect(await broken.done).toMatchObject({ outcome: 'dropped', reason: 'unreadable' })
    expect([X.runs.length, Y.runs.length]).toEqual([0, 1])
  })

  it('case 293: after a torn write the state before it is there', async () => {
    const { driver, A1X } = await openWorld({ start: false })
    await driver.sync.requestSync({ ...A1X, extras: { n: 1 } }).accepted
    await driver.sync.requestSync({ ...A1X, extras: { n: 2 } }).accepted
    const copy = mkdtempSync(join(tmpdir(), 'sync-torn-'))
    for (const suffix of ['', '-wal']) {
      cpSync(join(driver.directory, `sync.db${suffix}`), join(copy, `sync.db${suffix}`))
    }
    // The power went in the middle of the last commit.
    truncateSync(join(copy, 'sync.db-wal'), statSync(join(copy, 'sync.db-wal')).size - 100)
    const store = await openSqliteStore({ directory: copy })
    expect(store.operations.listWaiting().map(({ extras }) => extras)).toEqual(['{"n":1}'])
    store.close()
    rmSync(copy, { recursive: true })
  })

  it('case 321: the cursor of a run whose outcome was not stored is not stored either', async () => {
    const { driver, A1X, X, settle } = await openWorld({ limits: { graceMs: 20 } })
    X.next(async ({ cursor }) => {
      cursor.set('too early')
      await new Promise(() => undefined)
    })
    driver.sync.requestSync(A1X)
    await settle()
    const store = await openSqliteStore({ directory: driver.directory })
    const target = store.targets.list({ authority: 'X' })[0]
    expect(target?.cursor).toBeUndefined()
    store.close()
  })

  it('case 296: what is asked for before the start is performed after it, in order', async () => {
    const { driver, A1X, X } = await openWorld({ start: false })
    const handles = [1, 2, 3].map((n) => driver.sync.requestSync({ ...A1X, extras: { n } }))
    await Promise.all(handles.map(({ accepted }) => accepted))
    expect(X.runs).toEqual([])
    driver.sync.start()
    await Promise.all(handles.map(({ done }) => done))
    expect(X.runs.map(({ extras }) => extras['n'])).toEqual([1, 2, 3])
  })

  it('case 298: columns and tables of a newer minor version are left alone', async () => {
    const { driver, A1X } = await openWorld({ start: false })
    await driver.sync.requestSync(A1X).accepted
    await driver.sync.close()
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(join(driver.directory, 'sync.db'))
    database.exec(
      'ALTER TABLE operations ADD COLUMN later TEXT; UPDATE operations SET later = 7; PRAGMA user_version = 99',
    )
    database.close()
    await driver.restart({ start: true })
    await driver.sync.requestSync({ ...A1X, notBeforeMs: DAY, extras: { a: 1 } }).accepted
    await driver.sync.close()
    const again = new DatabaseSync(join(driver.directory, 'sync.db'))
    expect(again.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 })
    expect(again.prepare('SELECT later FROM operations').all()).toEqual([{ later: null }])
    again.close()
    await driver.restart()
  })

  it('case 299: an operation whose adapter is not here waits for it, and says so', async () => {
    const { driver, A1X, X, Y, X2, settle } = await openWorld({ start: false })
    const { id } = driver.sync.requestSync(A1X)
    await settle()
    await driver.restart({ adapters: [Y, X2], start: true })
    await driver.advance(HOUR)
    expect(await driver.sync.getPendingSyncs()).toMatchObject([{ id, waitsFor: ['waiting-for-adapter'] }])
    driver.sync.registerAdapter(X)
    await driver.sync.whenIdle()
    expect(X.runs).toHaveLength(1)
  })
})
