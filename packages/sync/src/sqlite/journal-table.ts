import type { SQLInputValue } from 'node:sqlite'
import type { Database } from '@accountry/accounts/foundation'
import type { DayRecord, HistoryRecord, JournalTable } from '../operation-store.ts'
import { all, one, orNull, type Row, statementsFor, text } from './columns.ts'

/** Whoever waits for an outcome reads it within seconds. */
const OUTCOMES_KEPT_MS = 3_600_000

const HISTORY_COLUMNS = [
  'operation',
  'account_id',
  'account_type',
  'authority',
  'started_at',
  'duration_ms',
  'outcome',
  'result',
  'reason',
  'source',
  'initialize',
  'stats',
  'message',
]

export function journalTable(database: Database): JournalTable {
  return { ...historyTable(database), ...dayTable(database), ...outcomeTable(database) }
}

type History = Pick<JournalTable, 'addHistory' | 'listHistory' | 'deleteHistoryOf'>

function historyTable(database: Database): History {
  const { insert } = statementsFor(database, 'history', HISTORY_COLUMNS, 'id')
  return {
    addHistory(item, keep) {
      const id = insert(
        item.operation,
        item.accountId,
        item.accountType,
        item.authority,
        item.startedAt,
        item.durationMs,
        item.outcome,
        item.result,
        item.reason,
        item.source,
        Number(item.initialize),
        item.stats,
        orNull(item.message),
      )
      const overflow = 'SELECT id FROM history ORDER BY id DESC LIMIT -1 OFFSET ?'
      database.prepare(`DELETE FROM history WHERE id < ? AND id IN (${overflow})`).run(id, keep)
    },
    listHistory({ accountId, authority, limit }) {
      const conditions: string[] = []
      const values: SQLInputValue[] = []
      if (accountId !== undefined) {
        conditions.push('account_id = ?')
        values.push(accountId)
      }
      if (authority !== undefined) {
        conditions.push('authority = ?')
        values.push(authority)
      }
      const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
      const sql = `SELECT * FROM history ${where} ORDER BY id DESC LIMIT ?`
      return all(database.prepare(sql), ...values, limit).map(toHistory)
    },
    deleteHistoryOf(accountId) {
      database.prepare('DELETE FROM history WHERE account_id = ?').run(accountId)
    },
  }
}

type Days = Pick<JournalTable, 'getDay' | 'listDays' | 'saveDay'>

function dayTable(database: Database): Days {
  return {
    getDay(day) {
      const row = one(database.prepare('SELECT * FROM days WHERE day = ?'), day)
      return row && toDay(row)
    },
    listDays: () => all(database.prepare('SELECT * FROM days ORDER BY day DESC')).map(toDay),
    saveDay(day, keep) {
      database
        .prepare('INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?)')
        .run(day.day, day.successCount, day.successMs, day.failureCount, day.failureMs)
      database.prepare('DELETE FROM days WHERE day NOT IN (SELECT day FROM days ORDER BY day DESC LIMIT ?)').run(keep)
    },
  }
}

type Outcomes = Pick<JournalTable, 'addOutcome' | 'listOutcomes' | 'lastOutcomeSeq' | 'deleteOutcomesBefore'>

function outcomeTable(database: Database): Outcomes {
  return {
    addOutcome(operation, outcome, at) {
      database.prepare('DELETE FROM outcomes WHERE at < ?').run(at - OUTCOMES_KEPT_MS)
      database.prepare('INSERT INTO outcomes (operation, outcome, at) VALUES (?, ?, ?)').run(operation, outcome, at)
    },
    listOutcomes(afterSeq) {
      const rows = all(database.prepare('SELECT * FROM outcomes WHERE seq > ? ORDER BY seq'), afterSeq)
      return rows.map((row) => ({
        seq: Number(row['seq']),
        operation: String(row['operation']),
        outcome: String(row['outcome']),
      }))
    },
    lastOutcomeSeq() {
      const sql = "SELECT seq FROM sqlite_sequence WHERE name = 'outcomes'"
      return Number(one(database.prepare(sql))?.['seq'] ?? 0)
    },
    deleteOutcomesBefore(at) {
      database.prepare('DELETE FROM outcomes WHERE at < ?').run(at)
    },
  }
}

function toHistory(row: Row): HistoryRecord {
  return {
    id: Number(row['id']),
    operation: String(row['operation']),
    accountId: String(row['account_id']),
    accountType: String(row['account_type']),
    authority: String(row['authority']),
    startedAt: Number(row['started_at']),
    durationMs: Number(row['duration_ms']),
    outcome: String(row['outcome']),
    result: String(row['result']),
    reason: String(row['reason']),
    source: String(row['source']),
    initialize: row['initialize'] === 1,
    stats: String(row['stats']),
    message: text(row['message']),
  }
}

function toDay(row: Row): DayRecord {
  return {
    day: Number(row['day']),
    successCount: Number(row['success_count']),
    successMs: Number(row['success_ms']),
    failureCount: Number(row['failure_count']),
    failureMs: Number(row['failure_ms']),
  }
}
