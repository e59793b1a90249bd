import type { OperationStore, TargetRecord } from '@accountry/sync'
import { afterEach, describe } from 'vitest'
import { describeJournal, describeSharing } from './operation-store-journal.ts'
import { describeOperations, describePeriodics } from './operation-store-queue.ts'
import { service, target } from './operation-store-records.ts'
import { describeServices, describeTargetChanges, describeTargets, describeWrites } from './operation-store-targets.ts'

/** How the suite gets stores of the implementation under test. */
export interface OperationStoreFixture {
  /** Opens a store on an empty place. */
  open(): Promise<OperationStore>
  /** Opens another instance on the place of `store`, as another process does. */
  reopen(store: OperationStore): Promise<OperationStore>
}

/**
 * The specification of an {@link OperationStore}: what the sync engine relies on. Run it in a test of your own store.
 *
 * @example
 * ```ts
 * describeOperationStore('my store', { open: () => openMyStore(newFolder()), reopen: (store) => openMyStore(folderOf(store)) })
 * ```
 */
export function describeOperationStore(name: string, fixture: OperationStoreFixture): void {
  describe(`${name} keeps what the sync engine must not lose`, () => {
    const stores: OperationStore[] = []
    afterEach(() => {
      for (const store of stores.splice(0)) store.close()
    })
    const open = async (): Promise<OperationStore> => {
      const store = await fixture.open()
      stores.push(store)
      return store
    }
    const reopen = async (store: OperationStore): Promise<OperationStore> => {
      const other = await fixture.reopen(store)
      stores.push(other)
      return other
    }
    /** A store with one service and one target. */
    const filled = async (): Promise<{ store: OperationStore; place: TargetRecord }> => {
      const store = await open()
      const place = await store.write(() => store.targets.insert(target(store.services.put(service()).id)))
      return { store, place }
    }
    describeWrites({ open, reopen, filled })
    describeServices({ open, reopen, filled })
    describeTargets({ open, reopen, filled })
    describeTargetChanges({ open, reopen, filled })
    describeOperations({ open, reopen, filled })
    describePeriodics({ open, reopen, filled })
    describeJournal({ open, reopen, filled })
    describeSharing({ open, reopen, filled })
  })
}
