import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { storageError } from './storage-error.ts'

/** What a statement can be given: values in order, or one object with named ones. */
type Value = SQLInputValue | Record<string, SQLInputValue>

/** A compiled statement whose failures are ours: damage and full disks have the same errors wherever they are met. */
export class Statement {
  readonly #file: string
  readonly #statement: StatementSync

  constructor(file: string, statement: StatementSync) {
    this.#file = file
    this.#statement = statement
  }

  get(...values: Value[]): ReturnType<StatementSync['get']> {
    return this.#guarded(() => this.#statement.get(...(values as SQLInputValue[])))
  }

  all(...values: Value[]): ReturnType<StatementSync['all']> {
    return this.#guarded(() => this.#statement.all(...(values as SQLInputValue[])))
  }

  run(...values: Value[]): ReturnType<StatementSync['run']> {
    return this.#guarded(() => this.#statement.run(...(values as SQLInputValue[])))
  }

  #guarded<T>(execute: () => T): T {
    try {
      return execute()
    } catch (error) {
      throw storageError(this.#file, error)
    }
  }
}
