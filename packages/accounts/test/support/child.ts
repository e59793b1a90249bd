import { type ProcessExit, startProcess, type TestProcess } from '@accountry/testing'
import { onTestFinished } from 'vitest'

interface Question<Request> {
  readonly id: number
  readonly request: Request
}

interface Answer<Result> {
  readonly id: number
  readonly result?: Result
  readonly error?: unknown
}

/** Another process, which does what it is asked until it is killed or the test ends. */
export class Child<Request, Result> {
  readonly #process: TestProcess<Question<Request>, Answer<Result>>
  #nextId = 1

  constructor(script: URL, env: Readonly<Record<string, string>> = {}) {
    this.#process = startProcess(script, [], { env })
    onTestFinished(() => this.kill())
  }

  /** Resolves with the answer; rejects with what the process rejected, or when it ends before. */
  async ask(request: Request): Promise<Result> {
    const id = this.#nextId++
    this.#process.send({ id, request })
    const { result, error } = await this.#process.next((answer) => answer.id === id)
    if (error !== undefined) throw error
    return result as Result
  }

  /** Ends it as `kill -9` does, with no chance to tidy up. */
  async kill(): Promise<void> {
    await this.#process.kill('SIGKILL')
  }

  /** Asks it to end, and waits until it has. */
  async end(signal: 'SIGTERM' | 'SIGINT'): Promise<ProcessExit | undefined> {
    return await this.#process.kill(signal)
  }

  /** Stops it where it stands. */
  async stop(): Promise<void> {
    await this.#process.kill('SIGSTOP')
  }

  async resume(): Promise<void> {
    await this.#process.kill('SIGCONT')
  }
}
