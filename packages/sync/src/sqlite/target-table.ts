import type { SQLInputValue } from 'node:sqlite'
import type { Database } from '@accountry/accounts/foundation'
import type { TargetFilter, TargetRecord, TargetTable } from '../operation-store.ts'
import type { Syncable } from '../readiness.ts'
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

function toTarget(row: Row): TargetRecord {
  return {
    id: Number(row['id']),
    service: Number(row['service']),
    accountId: String(row['account_id']),
    accountType: String(row['account_type']),
    authority: String(row['authority']),
    syncable: Number(row['syncable']) as Syncable,
    auto: row['auto'] === 1,
    backoffMs: Number(row['backoff_ms']),
    backoffUntilAt: Number(row['backoff_until_at']),
    delayUntilAt: Number(row['delay_until_at']),
    delaySetAt: Number(row['delay_set_at']),
    parkedAt: number(row['parked_at']),
    parkedReason: text(row['parked_reason']),
    parkedRevision: number(row['parked_revision']),
    deletionsHeld: Number(row['deletions_held']),
    cursor: text(row['cursor']),
    status: String(row['status']),
    createdAt: Number(row['created_at']),
  }
}
