import type { Account } from '@accountry/accounts'
import {
  createFakeSyncAdapter,
  type FakeSyncAdapter,
  type FakeSyncAdapterOptions,
  SyncTestDriver,
  type SyncTestDriverOptions,
} from '@accountry/testing'
import { onTestFinished } from 'vitest'
import type { SyncTarget } from '../../src/sync-request.ts'

/** One adapter that needs no initialisation and is switched on, and two accounts, whose first syncs are over. */
export interface KnownWorld {
  readonly driver: SyncTestDriver
  readonly adapter: FakeSyncAdapter
  readonly ana: Account
  readonly bob: Account
  readonly A: SyncTarget
  readonly B: SyncTarget
}

export async function openKnownWorld(
  adapterOptions: FakeSyncAdapterOptions = {},
  driverOptions: SyncTestDriverOptions = {},
): Promise<KnownWorld> {
  const defaults = { syncAutomatically: true }
  const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, defaults, ...adapterOptions })
  const driver = await SyncTestDriver.open({ adapters: [adapter], start: false, ...driverOptions })
  onTestFinished(() => driver.close())
  const ana = await driver.addAccount('ana')
  const bob = await driver.addAccount('bob')
  await driver.sync.cancelSync()
  driver.sync.start()
  await driver.settle()
  const A = { account: ana, authority: adapter.authority }
  const B = { account: bob, authority: adapter.authority }
  return { driver, adapter, ana, bob, A, B }
}

/** A step that takes so long on the driver's clock, and ends at once when it is aborted. */
export function takes(driver: SyncTestDriver, ms: number): (context: { signal: AbortSignal }) => Promise<void> {
  return ({ signal }) =>
    new Promise((resolve, reject) => {
      const cancel = driver.clock.setTimer(resolve, ms)
      signal.addEventListener('abort', () => {
        cancel()
        reject(new DOMException('aborted', 'AbortError'))
      })
    })
}
