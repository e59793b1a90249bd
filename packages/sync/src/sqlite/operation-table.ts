import type { SQLInputValue } from 'node:sqlite'
import type { Database } from '@accountry/accounts/foundation'
import type { OperationTable } from '../operation-store.ts'
import type { Lane, OperationRecord, OperationState, SyncReason, SyncSource } from '../queue/sync-operation.ts'
import { all, number, one, orNull, type Row, statementsFor, text } from './columns.ts'

const COLUMNS = [
  'id',
  'target',
  'service',
  'extras',
  'flags',
  'lane',
  'gate',
  'reason',
  'source',
  'state',
  'attempt',
  'created_at',
  'not_before_at',
  'due_at',
  'waiting_since',
  'requester',
  'periodic',
  'claimed_by',
  'started_at',
  'stop',
  'slot',
]

const WAITING = "state IN ('queued', 'held', 'parked')"
const FIND_WAITING = `SELECT * FROM operations WHERE target = ? AND flags = ? AND extras = ? AND ${WAITING} LIMIT 1`
/** What a fresh operation does not have is left to be NULL: requests come by the thousand. */
const FRESH_COLUMNS = 16

export function operationTable(database: Database): OperationTable {
  const { insert, update } = statementsFor(database, 'operations', COLUMNS, 'id')
  const { insert: insertFresh } = statementsFor(database, 'operations', COLUMNS.slice(0, FRESH_COLUMNS), 'id')
  const list = (sql: string, ...values: SQLInputValue[]): OperationRecord[] =>
    all(database.prepare(`SELECT * FROM operations ${sql}`), ...values).map(toOperation)
  return {
    get(id) {
      const row = one(database.prepare('SELECT * FROM operations WHERE id = ?'), id)
      return row && toOperation(row)
    },
    findWaiting(target, flags, extras) {
      const row = one(database.prepare(FIND_WAITING), target, flags, extras)
      return row && toOperation(row)
    },
    hasOfPeriodic: (periodic) => list('WHERE periodic = ? LIMIT 1', periodic).length > 0,
    listOf: (target) => list('WHERE target = ? ORDER BY seq', target),
    // `+seq`: sorting the few is cheaper than walking all of them in order.
    listBusy: () => list("WHERE state IN ('running', 'stuck') ORDER BY +seq"),
    listWaiting: (limit = -1) => list(`WHERE ${WAITING} ORDER BY seq LIMIT ?`, limit),
    insert(operation) {
      const values = valuesOf(operation)
      const isFresh = values.slice(FRESH_COLUMNS).every((value) => value === null)
      if (isFresh) insertFresh(...values.slice(0, FRESH_COLUMNS))
      else insert(...values)
    },
    save: (operation) => update(...valuesOf(operation), operation.id) > 0,
    delete(id) {
      database.prepare('DELETE FROM operations WHERE id = ?').run(id)
    },
    listDue({ service, gate, lane, now, exceptTargets = [] }, limit) {
      const except = exceptTargets.length === 0 ? '' : 'AND target NOT IN (SELECT value FROM json_each(?5))'
      const sql = `WHERE state = 'queued' AND service = ?1 AND gate = ?2 AND lane = ?3 AND due_at <= ?4 ${except}
        ORDER BY due_at, seq LIMIT ?${except === '' ? 5 : 6}`
      const values = except === '' ? [] : [JSON.stringify(exceptTargets)]
      return list(sql, service, gate, lane, now, ...values, limit)
    },
    nextDueAt({ service, gate, now }) {
      const sql = `SELECT min(due_at) AS due FROM (
          SELECT min(due_at) AS due_at FROM operations WHERE state = 'queued' AND service = ?1 AND gate = ?2 AND lane = 0 AND due_at > ?3
          UNION ALL
          SELECT min(due_at) FROM operations WHERE state = 'queued' AND service = ?1 AND gate = ?2 AND lane = 1 AND due_at > ?3
          UNION ALL
          SELECT min(due_at) FROM operations WHERE state = 'queued' AND service = ?1 AND gate = ?2 AND lane = 2 AND due_at > ?3)`
      return number(one(database.prepare(sql), service, gate, now)?.['due'])
    },
    listCreatedAfter: (at) => list(`WHERE created_at > ? AND ${WAITING}`, at),
    shiftWaits(byMs) {
      const sql = `UPDATE operations SET not_before_at = not_before_at + ?1, due_at = due_at + ?1,
        waiting_since = waiting_since + ?1 WHERE ${WAITING}`
      database.prepare(sql).run(byMs)
    },
    getProgress: (id) => text(one(database.prepare('SELECT progress FROM operations WHERE id = ?'), id)?.['progress']),
    setProgress(id, progress) {
      database.prepare('UPDATE operations SET progress = ? WHERE id = ?').run(progress, id)
    },
    countWaiting: () => Number(one(database.prepare(`SELECT count(*) AS n FROM operations WHERE ${WAITING}`))?.['n']),
  }
}

function valuesOf(operation: OperationRecord): SQLInputValue[] {
  return [
    operation.id,
    operation.target,
    operation.service,
    operation.extras,
    operation.flags,
    operation.lane,
    operation.gate,
    operation.reason,
    operation.source,
    operation.state,
    operation.attempt,
    operation.createdAt,
    operation.notBeforeAt,
    operation.dueAt,
    operation.waitingSince,
    operation.requester,
    orNull(operation.periodic),
    orNull(operation.claimedBy),
    orNull(operation.startedAt),
    orNull(operation.stop),
    orNull(operation.slot),
  ]
}

function toOperation(row: Row): OperationRecord {
  return {
    id: String(row['id']),
    target: Number(row['target']),
    service: Number(row['service']),
    extras: String(row['extras']),
    flags: Number(row['flags']),
    lane: Number(row['lane']) as Lane,
    gate: Number(row['gate']),
    reason: row['reason'] as SyncReason,
    source: row['source'] as SyncSource,
    state: row['state'] as OperationState,
    attempt: Number(row['attempt']),
    createdAt: Number(row['created_at']),
    notBeforeAt: Number(row['not_before_at']),
    dueAt: Number(row['due_at']),
    waitingSince: Number(row['waiting_since']),
    periodic: number(row['periodic']),
    requester: String(row['requester']),
    claimedBy: text(row['claimed_by']),
    startedAt: number(row['started_at']),
    stop: text(row['stop']),
    slot: text(row['slot']),
  }
}
