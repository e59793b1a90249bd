import type { Account } from '@accountry/accounts'
import type { SyncManager, SyncManagerEvents, SyncTarget } from '@accountry/sync'
import {
  createFakeSyncAdapter,
  type FakeSyncAdapter,
  type FakeSyncAdapterOptions,
  SyncTestDriver,
  type SyncTestDriverOptions,
} from '@accountry/testing'
import { afterEach } from 'vitest'

export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

/**
 * The world of android-sync.md §4.0: accounts A1 and A2 of type1, B1 of type2; adapters for X and Y of type1 and for X of
 * type2. Master on, every switch on, everything syncable, an unmetered network, random 0, and nothing queued.
 */
export interface World {
  readonly driver: SyncTestDriver
  readonly sync: SyncManager
  readonly A1: Account
  readonly A2: Account
  readonly B1: Account
  readonly X: FakeSyncAdapter
  readonly Y: FakeSyncAdapter
  readonly X2: FakeSyncAdapter
  readonly A1X: SyncTarget
  readonly A1Y: SyncTarget
  readonly A2X: SyncTarget
  readonly B1X: SyncTarget
  advance(ms: number): Promise<void>
  settle(): Promise<void>
}

export interface WorldOptions extends Omit<SyncTestDriverOptions, 'adapters'> {
  /** For all three adapters. */
  readonly adapter?: FakeSyncAdapterOptions
  /** Leave what the accounts' arrival queued. Default `false`. */
  readonly keepArrivals?: boolean
}

const drivers: SyncTestDriver[] = []

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
})

/** A driver that is closed after the test. */
export async function openDriver(options: SyncTestDriverOptions): Promise<SyncTestDriver> {
  const driver = await SyncTestDriver.open(options)
  drivers.push(driver)
  return driver
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const { adapter = {}, keepArrivals = false, start = true, ...rest } = options
  const fields = { isAlwaysSyncable: true, defaults: { syncAutomatically: true }, ...adapter }
  const X = createFakeSyncAdapter({ accountType: 'type1', authority: 'X', ...fields })
  const Y = createFakeSyncAdapter({ accountType: 'type1', authority: 'Y', ...fields })
  const X2 = createFakeSyncAdapter({ accountType: 'type2', authority: 'X', ...fields })
  const driver = await openDriver({ ...rest, adapters: [X, Y, X2], start: false })
  const A1 = await driver.addAccount('a', 'type1')
  const A2 = await driver.addAccount('b', 'type1')
  const B1 = await driver.addAccount('c', 'type2')
  if (!keepArrivals) await driver.sync.cancelSync({})
  if (start) driver.sync.start()
  await driver.settle()
  return {
    driver,
    get sync() {
      return driver.sync
    },
    A1,
    A2,
    B1,
    X,
    Y,
    X2,
    A1X: { account: A1, authority: 'X' },
    A1Y: { account: A1, authority: 'Y' },
    A2X: { account: A2, authority: 'X' },
    B1X: { account: B1, authority: 'X' },
    advance: (ms) => driver.advance(ms),
    settle: () => driver.settle(),
  }
}

/** A world with one adapter of one account, which has to be initialised unless `options` say otherwise. */
export async function openSmallWorld(
  options: FakeSyncAdapterOptions = {},
  driverOptions: SyncTestDriverOptions = {},
): Promise<{ driver: SyncTestDriver; adapter: FakeSyncAdapter; add: (name: string) => Promise<Account> }> {
  const adapter = createFakeSyncAdapter({ accountType: 'type1', authority: 'X', ...options })
  const driver = await openDriver({ ...driverOptions, adapters: [adapter] })
  return { driver, adapter, add: (name) => driver.addAccount(name, 'type1') }
}

/** Everything that one event says from now on. */
export function record<E extends keyof SyncManagerEvents>(sync: SyncManager, event: E): SyncManagerEvents[E][0][] {
  const seen: SyncManagerEvents[E][0][] = []
  sync.on(event, ((payload: SyncManagerEvents[E][0]) => {
    seen.push(payload)
  }) as never)
  return seen
}
