import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A program that answers each line with one line of JSON. */
export class SpokenProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  #errors = ''

  constructor(
    program: string,
    args: readonly string[],
    options: { cwd: string; env: Readonly<Record<string, string>> },
  ) {
    this.#child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env } })
    this.#child.stderr.on('data', (chunk) => {
      this.#errors += String(chunk)
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  async ask(line: string): Promise<unknown> {
    this.#child.stdin.write(`${line}\n`)
    return await this.next()
  }

  async next(): Promise<unknown> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`the process ended: ${this.#errors}`)
    return JSON.parse(value)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.stdin.end()
    await ended
  }
}
