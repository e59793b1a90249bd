import type { OperationStore, TargetRecord } from '@accountry/sync'

/** What the tests of the suite are given. */
export interface StoreTools {
  open(): Promise<OperationStore>
  reopen(store: OperationStore): Promise<OperationStore>
  /** A store with one service and one target. */
  filled(): Promise<{ store: OperationStore; place: TargetRecord }>
}
