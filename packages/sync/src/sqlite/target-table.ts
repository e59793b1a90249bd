import type { SQLInputValue } from 'node:sqlite'
import type { Database } from '@accountry/accounts/foundation'
import type { TargetFilter, TargetRecord, TargetTable } from '../operation-store.ts'
import type { Syncable } from '../queue/readiness.ts'
import { all, number, one, orNull, type Row, statementsFor, text } from './columns.ts'

const COLUMNS = [
  'service',
  'account_id',
  'account_type',
  'authority',
  'syncable',
  'auto',
  'backoff_ms',
  'backoff_until_at',
  'delay_until_at',
  'delay_set_at',
  'parked_at',
  'parked_reason',
  'parked_revision',
  'deletions_held',
  'cursor',
  'status',
  'created_at',
]

const FIND_FOR_REQUEST = `SELECT *, EXISTS (
    SELECT 1 FROM operations WHERE target = targets.id AND state IN ('queued', 'held', 'parked')
  ) AS has_waiting FROM targets WHERE account_id = ? AND authority = ?`

export function targetTable(database: Database): TargetTable {
  const { insert, update } = statementsFor(database, 'targets', COLUMNS, 'id')
  return {
    find(accountId, authority) {
      const row = one(
        database.prepare('SELECT * FROM targets WHERE account_id = ? AND authority = ?'),
        accountId,
        authority,
      )
      return row && toTarget(row)
    },
    findForRequest(accountId, authority) {
      const row = one(database.prepare(FIND_FOR_REQUEST), accountId, authority)
      return row && { target: toTarget(row), hasWaiting: row['has_waiting'] === 1 }
    },
    get(id) {
      const row = one(database.prepare('SELECT * FROM targets WHERE id = ?'), id)
      return row && toTarget(row)
    },
    insert: (target) => ({ ...target, id: insert(...valuesOf(target)) }),
    save(target) {
      update(...valuesOf(target), target.id)
    },
    move(id, service) {
      database
        .prepare('UPDATE targets SET service = ?, authority = ? WHERE id = ?')
        .run(service.id, service.authority, id)
      for (const table of ['operations', 'periodics']) {
        database.prepare(`UPDATE ${table} SET service = ? WHERE target = ?`).run(service.id, id)
      }
    },
    delete(id) {
      database.prepare('DELETE FROM targets WHERE id = ?').run(id)
    },
    list: (filter = {}) => listTargets(database, filter),
    accounts() {
      const rows = all(database.prepare('SELECT DISTINCT account_id, account_type FROM targets'))
      return rows.map((row) => ({ accountId: String(row['account_id']), accountType: String(row['account_type']) }))
    },
    shiftWaits(byMs) {
      const sql = `UPDATE targets SET
          backoff_until_at = CASE WHEN backoff_until_at > 0 THEN backoff_until_at + :by ELSE 0 END,
          delay_until_at = CASE WHEN delay_until_at > 0 THEN delay_until_at + :by ELSE 0 END,
          delay_set_at = CASE WHEN delay_set_at > 0 THEN delay_set_at + :by ELSE 0 END
        WHERE backoff_until_at > 0 OR delay_until_at > 0`
      database.prepare(sql).run({ by: byMs })
    },
  }
}

function listTargets(database: Database, filter: TargetFilter): TargetRecord[] {
  const conditions: string[] = []
  const values: SQLInputValue[] = []
  const restrict = (condition: string, value?: SQLInputValue): void => {
    conditions.push(condition)
    if (value !== undefined) values.push(value)
  }
  if (filter.accountId !== undefined) restrict('account_id = ?', filter.accountId)
  if (filter.authority !== undefined) restrict('authority = ?', filter.authority)
  if (filter.service !== undefined) restrict('service = ?', filter.service)
  if (filter.parked === true) restrict('parked_at IS NOT NULL')
  if (filter.auto === true) restrict('auto = 1')
  if (filter.backedOff === true) restrict('backoff_until_at > 0')
  if (filter.waits === true) restrict('(backoff_until_at > 0 OR delay_until_at > 0)')
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : ''
  return all(
    database.prepare(`SELECT * FROM targets${where} ORDER BY ${filter.parked === true ? '+id' : 'id'}`),
    ...values,
  ).map(toTarget)
}

function valuesOf(target: Omit<TargetRecord, 'id'>): SQLInputValue[] {
  return [
    target.service,
    target.accountId,
    target.accountType,
    target.authority,
    target.syncable,
    Number(target.auto),
    target.backoffMs,
    target.backoffUntilAt,
    target.delayUntilAt,
    target.delaySetAt,
    orNull(target.parkedAt),
    orNull(target.parkedReason),
    orNull(target.parkedRevision),
    target.deletionsHeld,
    orNull(target.cursor),
    target.status,
    target.createdAt,
  ]
}

/** STRICT tables hold nothing but what their columns say, so nothing is converted. */
function toTarget(row: Row): TargetRecord {
  return {
    id: row['id'] as number,
    service: row['service'] as number,
    accountId: row['account_id'] as string,
    accountType: row['account_type'] as string,
    authority: row['authority'] as string,
    syncable: row['syncable'] as Syncable,
    auto: row['auto'] === 1,
    backoffMs: row['backoff_ms'] as number,
    backoffUntilAt: row['backoff_until_at'] as number,
    delayUntilAt: row['delay_until_at'] as number,
    delaySetAt: row['delay_set_at'] as number,
    parkedAt: number(row['parked_at']),
    parkedReason: text(row['parked_reason']),
    parkedRevision: number(row['parked_revision']),
    deletionsHeld: row['deletions_held'] as number,
    cursor: text(row['cursor']),
    status: row['status'] as string,
    createdAt: row['created_at'] as number,
  }
}
