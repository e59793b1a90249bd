import type { SQLInputValue } from 'node:sqlite'
import type { Database } from '@accountry/accounts/foundation'
import type { PeriodicRecord, PeriodicTable } from '../operation-store.ts'
import { all, number, one, type Row, statementsFor } from './columns.ts'

const COLUMNS = ['target', 'service', 'extras', 'period_ms', 'flex_ms', 'due_at', 'open_at', 'armed', 'created_at']

export function periodicTable(database: Database): PeriodicTable {
  const { insert, update } = statementsFor(database, 'periodics', COLUMNS, 'id')
  const list = (sql: string, ...values: SQLInputValue[]): PeriodicRecord[] =>
    all(database.prepare(`SELECT * FROM periodics ${sql}`), ...values).map(toPeriodic)
  return {
    get: (id) => list('WHERE id = ?', id)[0],
    find: (target, extras) => list('WHERE target = ? AND extras = ?', target, extras)[0],
    listOf: (target) => list('WHERE target = ? ORDER BY id', target),
    insert: (periodic) => ({ ...periodic, id: insert(...valuesOf(periodic)) }),
    save(periodic) {
      update(...valuesOf(periodic), periodic.id)
    },
    delete(id) {
      database.prepare('DELETE FROM periodics WHERE id = ?').run(id)
    },
    listDue: (service, now, limit) =>
      list('WHERE armed = 1 AND service = ? AND due_at <= ? ORDER BY due_at LIMIT ?', service, now, limit),
    listOpen: (service, now, limit) =>
      list('WHERE armed = 1 AND service = ? AND open_at <= ? ORDER BY open_at LIMIT ?', service, now, limit),
    listBeyondPeriod: (now, toleranceMs) => list('WHERE due_at - ? > period_ms + ?', now, toleranceMs),
    nextDueAt(service) {
      const sql = 'SELECT min(due_at) AS due FROM periodics WHERE armed = 1 AND service = ?'
      return number(one(database.prepare(sql), service)?.['due'])
    },
    armOf(target, armed) {
      database.prepare('UPDATE periodics SET armed = ? WHERE target = ?').run(Number(armed), target)
    },
    armAll(master) {
      const wanted = 'SELECT syncable > 0 AND auto = 1 FROM targets WHERE targets.id = periodics.target'
      database.prepare(`UPDATE periodics SET armed = ${master ? `(${wanted})` : '0'}`).run()
    },
  }
}

function valuesOf(periodic: Omit<PeriodicRecord, 'id'>): SQLInputValue[] {
  return [
    periodic.target,
    periodic.service,
    periodic.extras,
    periodic.periodMs,
    periodic.flexMs,
    periodic.dueAt,
    periodic.dueAt - periodic.flexMs,
    Number(periodic.armed),
    periodic.createdAt,
  ]
}

function toPeriodic(row: Row): PeriodicRecord {
  return {
    id: Number(row['id']),
    target: Number(row['target']),
    service: Number(row['service']),
    extras: String(row['extras']),
    periodMs: Number(row['period_ms']),
    flexMs: Number(row['flex_ms']),
    dueAt: Number(row['due_at']),
    armed: row['armed'] === 1,
    createdAt: Number(row['created_at']),
  }
}
