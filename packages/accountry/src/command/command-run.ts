import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { Account, InteractionHandler } from '@accountry/accounts'
import { ACCOUNT_ERROR_CODES, AccountError, isAccountError } from '@accountry/accounts'
import type { Accountry } from '../accountry.ts'
import { printable, printableJson } from '../terminal/printable.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { terminalInteraction } from '../terminal/terminal-interaction.ts'
import { adviceFor } from './advice.ts'
import { exitCodeOf, isAbort, NoVaultError } from './exit-codes.ts'
import { findAccount } from './find-account.ts'

type Terminal<Stream> = Stream & { readonly isTTY?: boolean; readonly columns?: number }

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
  /** The command needs what is sealed: a vault that is locked should be unlocked, by asking the person if need be. */
  readonly needsKey: boolean
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
  #hasAnswered = false

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

  /** Opens the vault at its first call, asking in the terminal if nowhere else; the run closes it. */
  async accountry(options: { interaction?: InteractionHandler; needsKey?: boolean } = {}): Promise<Accountry> {
    const { input, errors } = this.streams
    const here = errors.isTTY === true ? terminalInteraction({ input, output: errors }) : undefined
    const { interaction = here, needsKey = false } = options
    this.#opened ??= await this.#open({ vault: this.vault, interaction, needsKey, signal: this.signal })
    return this.#opened
  }

  /**
   * The same for commands that need what is sealed.
   *
   * @throws {@link AccountError} `ERR_VAULT_LOCKED`, `ERR_VAULT_UNAVAILABLE`, `ERR_VAULT_KEY_LOST` when it stays locked.
   */
  async unlockedAccountry(): Promise<Accountry> {
    const accountry = await this.accountry({ needsKey: true })
    const { accounts } = accountry
    const interaction = this.isInteractive ? 'allow' : 'never'
    if (await accounts.unlock({ interaction, signal: this.signal })) return accountry
    const [problem] = (await accounts.health()).problems
    const code = ACCOUNT_ERROR_CODES.find((known) => known === problem?.code) ?? 'ERR_VAULT_LOCKED'
    const isOutOfReach = code === 'ERR_VAULT_UNAVAILABLE'
    const details = isOutOfReach ? ({ action: 'unlock', retryable: true } as const) : {}
    throw new AccountError(code, problem?.message ?? 'The vault is locked', details)
  }

  /** The same for commands that only look: `undefined` where there is no vault yet, which is nothing to fail for. */
  async accountryIfAny(): Promise<Accountry | undefined> {
    try {
      return await this.accountry()
    } catch (error) {
      if (error instanceof NoVaultError) return undefined
      throw error
    }
  }

  async findAccount(hint: string): Promise<Account> {
    const { accounts } = await this.accountry()
    return findAccount(await accounts.getAccounts(), hint)
  }

  /** The result, for programs or for people. A program gets exactly one document on stdout, whatever happens. */
  result(json: unknown, text: string): void {
    this.#hasAnswered = true
    if (this.isJson) this.streams.output.write(`${printableJson(JSON.stringify(json, undefined, 2))}\n`)
    else if (text !== '') this.streams.output.write(`${text}\n`)
  }

  /** One of many results of a command that goes on: a line of text, or a document of its own on one line. */
  line(json: unknown, text: string): void {
    this.#hasAnswered = true
    this.streams.output.write(`${this.isJson ? printableJson(JSON.stringify(json)) : text}\n`)
  }

  /** Stdout belongs to somebody else from now on: a failure is told on stderr only. */
  giveOutputAway(): void {
    this.#hasAnswered = true
  }

  /** The result as a table, or `empty` when there is no row. */
  table<Row>(json: unknown, columns: readonly Column<Row>[], rows: readonly Row[], empty: string): void {
    const styleHeading = (text: string): string => this.style('dim', text)
    const { isTTY, columns: width } = this.streams.output
    const fit = isTTY === true && width !== undefined ? { width } : {}
    this.result(json, rows.length === 0 ? empty : renderTable(columns, rows, { styleHeading, ...fit }))
  }

  /** What a person should know while waiting; programs are not told. */
  note(text: string): void {
    if (!this.isJson) this.streams.errors.write(`${text}\n`)
  }

  style(format: 'dim' | 'bold' | 'red' | 'yellow' | 'green', text: string): string {
    return styleText(format, text, { stream: this.streams.output })
  }

  /** Says what went wrong, on stderr and to programs on stdout too, and returns the exit code. */
  failed(error: unknown): number {
    const { errors, output } = this.streams
    const message = messageOf(error)
    if (this.isJson) {
      const details = isAccountError(error) ? error.toJSON() : { name: nameOf(error), message }
      const document = `${printableJson(JSON.stringify({ error: details }))}\n`
      if (!this.#hasAnswered) output.write(document)
      errors.write(document)
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

function messageOf(error: unknown): string {
  if (isAbort(error)) return 'Cancelled'
  return error instanceof Error ? error.message : String(error)
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}
