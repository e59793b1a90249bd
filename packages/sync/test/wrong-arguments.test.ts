import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openTestManager } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { nodeEnvironment } from '../src/environment/node-environment.ts'
import type { SyncAdapter } from '../src/sync-adapter.ts'
import { SyncManager } from '../src/sync-manager.ts'
import { openKnownWorld } from './support/known-world.ts'

const adapter = { accountType: 'com.example', authority: 'tasks', onPerformSync: () => undefined }

describe('an engine opened with a wrong option', () => {
  it.each([
    ['accounts', null, TypeError],
    ['accounts', {}, TypeError],
    ['adapters', null, TypeError],
    ['adapters', {}, TypeError],
    ['adapters[0]', [null], TypeError],
    ['adapters[1].authority', [adapter, { ...adapter, authority: '' }], TypeError],
    ['adapters', [adapter, { ...adapter }], TypeError],
    ['directory', null, TypeError],
    ['directory', '', TypeError],
    ['store', null, TypeError],
    ['store', {}, TypeError],
    ['clock', {}, TypeError],
    ['environment', null, TypeError],
    ['environment', {}, TypeError],
    ['environment.network', { on: () => undefined, network: 'wifi', charging: true, storageLow: false }, TypeError],
    ['environment.charging', { on: () => undefined, network: 'none', storageLow: false }, TypeError],
    ['concurrency', null, TypeError],
    ['concurrency.regular', { regular: '3' }, TypeError],
    ['concurrency.initialization', { initialization: 0.5 }, RangeError],
    ['backoff', null, TypeError],
    ['backoff.factor', { factor: '2' }, TypeError],
    ['backoff.factor', { factor: 0.5 }, RangeError],
    ['backoff.maxAttempts', { maxAttempts: 'x' }, TypeError],
    ['backoff.jitter', { jitter: -1 }, RangeError],
    ['limits', null, TypeError],
    ['limits.graceMs', { graceMs: Number.NaN }, RangeError],
    ['minPeriodMs', '1', TypeError],
    ['localChangeDelayMs', -1, RangeError],
    ['random', 5, TypeError],
    ['logger', {}, TypeError],
  ] as const)('says so and writes nothing: %s %o', async (option, value, error) => {
    const made = await openTestManager()
    onTestFinished(() => made.close())
    const [name = ''] = option.split(/[.[]/)
    const directory = join(made.directory, 'of-the-engine')
    const options = { accounts: made.manager, directory, [name]: value } as never
    const opening = SyncManager.open(options)
    await expect(opening).rejects.toThrow(option)
    await expect(opening).rejects.toBeInstanceOf(error)
    expect(existsSync(directory)).toBe(false)
  })

  it.each([null, undefined, 5, []])('says so when it is given none: %o', async (options) => {
    await expect(SyncManager.open(options as never)).rejects.toThrow('options must be an object')
  })
})

describe('an adapter with a wrong field', () => {
  it.each([
    ['userVisible', 'yes'],
    ['supportsUploading', 'no'],
    ['allowParallelSyncs', 1],
    ['isAlwaysSyncable', null],
    ['autoInitialize', 0],
    ['continuesOnMoreRecords', 'yes'],
    ['network', null],
    ['defaults', null],
    ['defaults', { syncAutomatically: 'yes' }],
    ['formerAuthorities', 'abc'],
    ['formerAuthorities', ['']],
    ['onSyncCanceled', 5],
    ['onUnsyncableAccount', true],
    ['onSecurityException', {}],
    ['backoff', null],
    ['backoff', 5],
    ['limits', 'x'],
  ])('is refused: %s %o', async (name, value) => {
    const { driver } = await openKnownWorld()
    const wrong = { ...adapter, authority: 'notes', [name]: value } as unknown as SyncAdapter
    expect(() => driver.sync.registerAdapter(wrong)).toThrow(TypeError)
    expect(() => driver.sync.registerAdapter(wrong)).toThrow(`adapter.${name}`)
    expect(driver.sync.getSyncAdapterTypes().map(({ authority }) => authority)).toEqual(['tasks'])
  })

  it('has no flex longer than its period', async () => {
    const { driver } = await openKnownWorld()
    const wrong = { ...adapter, authority: 'notes', defaults: { periodMs: 50, flexMs: 100 } }
    expect(() => driver.sync.registerAdapter(wrong)).toThrow(RangeError)
  })
})

describe('a question with a wrong filter', () => {
  it('is refused', async () => {
    const { driver, ana } = await openKnownWorld()
    const { sync } = driver
    await expect(sync.getPeriodicSyncs(null as never)).rejects.toThrow('filter must be an object, received null')
    await expect(sync.getPeriodicSyncs({ account: 5 as never })).rejects.toThrow('account')
    await expect(sync.getPeriodicSyncs({ authority: '' })).rejects.toThrow('authority')
    await expect(sync.getHistory(null as never)).rejects.toThrow('filter must be an object, received null')
    await expect(sync.getHistory({ limit: 'x' as never })).rejects.toThrow('limit must be a number, received string')
    await expect(sync.getPendingSyncs(null as never)).rejects.toThrow('filter must be an object, received null')
    await expect(sync.getPendingSyncs({ limit: -1 })).rejects.toThrow(RangeError)
    await expect(sync.setIsSyncable({ account: ana, authority: 'tasks' }, null as never)).rejects.toThrow('null')
  })

  it.each([undefined, [], [5], null])('is refused, and so is a change of no authority: %o', async (authority) => {
    const { driver, ana } = await openKnownWorld()
    expect(() => driver.sync.notifyChange({ account: ana, authority } as never)).toThrow('authority')
  })
})

describe('extras', () => {
  it('may have any name', async () => {
    const { driver, adapter: tasks, A } = await openKnownWorld()
    const extras = JSON.parse('{"__proto__": 5, "constructor": "x"}') as Record<string, string>
    await driver.sync.requestSync({ ...A, extras }).done
    expect(Object.entries(tasks.runs[0]?.extras ?? {})).toEqual(Object.entries(extras).sort())
  })
})

describe('the state of the machine', () => {
  it.each([
    null,
    { probe: {} },
    { probe: { host: 5 } },
    { pollMs: -1 },
    { storage: { minFreeBytes: 'x' } },
    { clock: {} },
    { powerSupplyFolder: 5 },
    { networkInterfaces: [] },
  ])('is not looked up with wrong options: %o', (options) => {
    expect(() => nodeEnvironment(options as never)).toThrow(/must/)
  })
})
