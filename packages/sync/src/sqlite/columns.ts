import type { SQLInputValue } from 'node:sqlite'
import type { Database, Statement } from '@accountry/accounts/foundation'

export type Row = Record<string, SQLInputValue>

/** The one row of a query, or nothing. */
export function one(statement: Statement, ...values: SQLInputValue[]): Row | undefined {
  return statement.get(...values) as Row | undefined
}

export function all(statement: Statement, ...values: SQLInputValue[]): Row[] {
  return statement.all(...values) as Row[]
}

/** SQL text for inserting and for updating rows of one table, from one list of columns. */
export function statementsFor(
  database: Database,
  table: string,
  columns: readonly string[],
  key: string,
): { insert(...values: SQLInputValue[]): number; update(...values: SQLInputValue[]): number } {
  const places = columns.map(() => '?').join(', ')
  const insertSql = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`
  const updateSql = `UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(', ')} WHERE ${key} = ?`
  return {
    insert: (...values) => Number(database.prepare(insertSql).run(...values).lastInsertRowid),
    update: (...values) => Number(database.prepare(updateSql).run(...values).changes),
  }
}

export function text(value: SQLInputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function number(value: SQLInputValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value)
}

/** What SQLite stores for "nothing". */
export function orNull<T extends SQLInputValue>(value: T | undefined): T | null {
  return value === undefined ? null : value
}
