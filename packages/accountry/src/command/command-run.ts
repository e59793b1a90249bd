import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { Account, InteractionHandler } from '@accountry/accounts'
import { isAccountError } from '@accountry/accounts'
import type { Accountry } from '../accountry.ts'
import { printable } from '../terminal/printable.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { terminalInteraction } from '../terminal/terminal-interaction.ts'
import { adviceFor } from './advice.ts'
import { exitCodeOf } from './exit-codes.ts'
import { findAccount } from './find-account.ts'

type Terminal<Stream> = Stream & { readonly isTTY?: boolean }

/** What the command reads and writes. */
export interface CommandStreams {
  readonly input: Terminal<Readable>
  readonly output: Terminal<Writable>
  readonly errors: Terminal<Writable>
}

/** What {@link AccountsCommandOptions.open} is asked for. */
export interface OpenRequest {
  /** `--vault`, when given. */
  readonly vault: string | undefined
  /** Asks the person in this terminal; `undefined` when there is nobody to ask. */
  readonly interaction: InteractionHandler | undefined
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export interface GlobalOptions {
  readonly vault?: string
  readonly json?: boolean
}

/** One run of one command: what was opened, and how its outcome is shown. */
export class CommandRun {
  readonly name: string
  readonly streams: CommandStreams
  readonly signal: AbortSignal
  readonly isJson: boolean
  readonly vault: string | undefined
  readonly #open: (request: OpenRequest) => Promise<Accountry>
  #opened: Accountry | undefined

  constructor(fields: {
    name: string
    streams: CommandStreams
    signal: AbortSignal
    options: GlobalOptions
    open: (request: OpenRequest) => Promise<Accountry>
  }) {
    this.name = fields.name
    this.streams = fields.streams
    this.signal = fields.signal
    this.isJson = fields.options.json === true
    this.vault = fields.options.vault
    this.#open = fields.open
  }

  /** Whether there is a person who can be asked. */
  get isInteractive(): boolean {
    return this.streams.input.isTTY === true && this.streams.errors.isTTY === true
  }

  /** Opens the vault at its first call; the run closes it. */
  async accountry(): Promise<Accountry> {
    const { input, errors } = this.streams
    const interaction = errors.isTTY === true ? terminalInteraction({ input, output: errors }) : undefined
    this.#opened ??= await this.#open({ vault: this.vault, interaction, signal: this.signal })
    return this.#opened
  }

  async findAccount(hint: string): Promise<Account> {
    const { accounts } = await this.accountry()
    return findAccount(await accounts.getAccounts(), hint)
  }

  /** The result, for programs or for people. */
  result(json: unknown, text: string): void {
    this.streams.output.write(this.isJson ? `${JSON.stringify(json, undefined, 2)}\n` : text === '' ? '' : `${text}\n`)
  }

  /** The result as a table, or `empty` when there is no row. */
  table<Row>(json: unknown, columns: readonly Column<Row>[], rows: readonly Row[], empty: string): void {
    const styleHeading = (text: string): string => this.style('dim', text)
    this.result(json, rows.length === 0 ? empty : renderTable(columns, rows, { styleHeading }))
  }

  /** What a person should know while waiting; programs are not told. */
  note(text: string): void {
    if (!this.isJson) this.streams.errors.write(`${text}\n`)
  }

  style(format: 'dim' | 'bold' | 'red' | 'yellow' | 'green', text: string): string {
    return styleText(format, text, { stream: this.streams.output })
  }

  /** Says what went wrong, on stderr, and returns the exit code. */
  failed(error: unknown): number {
    const { errors } = this.streams
    const message = error instanceof Error ? error.message : String(error)
    if (this.isJson) {
      const details = isAccountError(error) ? error.toJSON() : { name: nameOf(error), message }
      errors.write(`${JSON.stringify({ error: details })}\n`)
    } else {
      errors.write(`${this.name}: ${printable(message)}\n`)
      const advice = adviceFor(error, this.name)
      if (advice !== undefined) errors.write(`  ${printable(advice)}\n`)
    }
    return exitCodeOf(error)
  }

  async close(): Promise<void> {
    await this.#opened?.close()
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}
