import type { Command, CommanderError } from 'commander'
import { printable, printableJson } from '../terminal/printable.ts'
import type { CommandStreams } from './command-run.ts'
import { EXIT_CODES } from './exit-codes.ts'

/**
 * What the parser of the command line has to say: to a person as text, to a program as the one document on stdout that
 * every run ends with. Errors are on stderr in both cases.
 */
export class CommandOutput {
  readonly #program: Command
  readonly #streams: CommandStreams
  /** Set during a run of our own: what of the parser's output is printed at its end, as one document. */
  #collected: string[] | undefined

  constructor(program: Command, streams: CommandStreams) {
    this.#program = program
    this.#streams = streams
    program.configureOutput({
      writeOut: (text) => this.#help(streams.output, text),
      writeErr: (text) => this.#help(streams.errors, text),
      outputError: (text) => this.#error(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
  }

  /** Begins a run. Looks for `--json` itself, because the parser may end the run before it gets there. */
  begin(args: readonly string[]): void {
    const end = args.indexOf('--')
    this.#collected = args.slice(0, end < 0 ? undefined : end).includes('--json') ? [] : undefined
  }

  /** The exit code of a command line with which the parser ended the run. */
  ended(error: CommanderError): number {
    const { output, errors } = this.#streams
    const collected = this.#collected?.join('')
    this.#collected = undefined
    if (collected !== undefined && error.code === 'commander.help' && error.exitCode !== 0) {
      const document = errorDocument('Name a command; --help lists them')
      output.write(document)
      errors.write(document)
    } else if (collected !== undefined && error.exitCode === 0) {
      const key = error.code === 'commander.version' ? 'version' : 'help'
      output.write(`${JSON.stringify({ [key]: collected.trim() }, undefined, 2)}\n`)
    }
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage
  }

  get #isJson(): boolean {
    return this.#collected !== undefined || this.#program.opts<{ json?: boolean }>().json === true
  }

  #help(stream: CommandStreams['output'], text: string): void {
    if (this.#collected === undefined) stream.write(text)
    else this.#collected.push(text)
  }

  #error(text: string): void {
    const { output, errors } = this.#streams
    // Everything that is not printable is shown as its code point, the parser's own line end before a hint included.
    const message = text.trim().replace(/\n(?=\(Did you mean .*\)$)/, ' ')
    const document = this.#isJson ? errorDocument(message.replace(/^error: /, '')) : undefined
    if (document !== undefined) output.write(document)
    errors.write(document ?? `${printable(message)}\n`)
  }
}

function errorDocument(message: string): string {
  return `${printableJson(JSON.stringify({ error: { name: 'UsageError', message } }))}\n`
}
