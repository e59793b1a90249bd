import type { OperationStore } from '../operation-store.ts'
import type { SqliteStoreOptions } from './sqlite-store.ts'

/**
 * Opens the engine's own database, `sync.db`, shared by all processes that name the same folder.
 *
 * It holds settings and plans, no secrets. A damaged one is therefore not in the way: it is kept under another name,
 * `onSetAside` is told, and an empty one takes its place.
 *
 * @throws AccountError `ERR_STORAGE_WRITE`, `ERR_VAULT_UNAVAILABLE`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<OperationStore> {
  return await (await import('./sqlite-store.ts')).openStore(options)
}
