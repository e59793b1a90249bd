import { kindOf } from '@accountry/accounts/contract'
import type { SyncProgress } from '../sync-adapter.ts'
import { checkedDuration } from '../sync-request.ts'
import { createSyncStats, type SyncResult, type SyncStats } from '../sync-result.ts'

const SWITCHES = [
  'tooManyRetries',
  'tooManyDeletions',
  'databaseError',
  'syncAlreadyInProgress',
  'fullSyncRequested',
  'moreRecordsToGet',
] as const

/**
 * What an adapter wrote into its result, read once and checked, in an object that it cannot reach any more: what is
 * stored must be what its column holds, or the run could never end.
 *
 * @throws TypeError, RangeError naming the field. Whatever a getter of the adapter's throws.
 */
export function reportedResult(written: SyncResult): SyncResult {
  const result: SyncResult = { stats: reportedStats(written.stats) }
  for (const name of SWITCHES) {
    const value: unknown = written[name]
    if (value === undefined) continue
    if (typeof value !== 'boolean') throw new TypeError(`result.${name} must be a boolean, received ${kindOf(value)}`)
    result[name] = value
  }
  const { delayUntilAt } = written
  if (delayUntilAt !== undefined) result.delayUntilAt = checkedNumber(delayUntilAt, 'result.delayUntilAt')
  return result
}

function reportedStats(written: unknown): SyncStats {
  if (typeof written !== 'object' || written === null) {
    throw new TypeError(`result.stats must be an object, received ${kindOf(written)}`)
  }
  const stats = createSyncStats()
  for (const name of Object.keys(stats) as (keyof SyncStats)[]) {
    const count: unknown = (written as Partial<SyncStats>)[name]
    if (count !== undefined) stats[name] = checkedDuration(count, `result.stats.${name}`)
  }
  return stats
}

function checkedNumber(value: unknown, option: string): number {
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (!Number.isFinite(value)) throw new RangeError(`${option} must be a finite number`)
  return value
}

/**
 * A progress report, read once and checked, because it is stored for other processes.
 *
 * @throws TypeError, RangeError naming the field.
 */
export function reportedProgress(written: unknown): SyncProgress {
  if (typeof written !== 'object' || written === null) {
    throw new TypeError(`progress must be an object, received ${kindOf(written)}`)
  }
  const { done, total, text } = written as SyncProgress
  if (text !== undefined && typeof text !== 'string') {
    throw new TypeError(`progress.text must be a string, received ${kindOf(text)}`)
  }
  return {
    ...(done !== undefined && { done: checkedDuration(done, 'progress.done') }),
    ...(total !== undefined && { total: checkedDuration(total, 'progress.total') }),
    ...(text !== undefined && { text }),
  }
}
