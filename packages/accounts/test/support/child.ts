import { type ChildProcess, fork } from 'node:child_process'
import { onTestFinished } from 'vitest'

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: unknown
}

/** Another process, which does what it is asked until it is killed or the test ends. */
export class Child<Request, Result> {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<Result>>()
  readonly #ended: Promise<void>
  #nextId = 1
  #errors = ''

  constructor(script: URL, environment: Readonly<Record<string, string>> = {}) {
    this.#process = fork(script, {
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.stderr?.on('data', (chunk) => {
      this.#errors += String(chunk)
    })
    this.#process.on('message', (message) => this.#settle(message as Answer))
    this.#ended = new Promise((resolve) => {
      this.#process.once('exit', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`the process ended: ${this.#errors}`))
        resolve()
      })
    })
    onTestFinished(() => this.kill())
  }

  /** Resolves with the answer; rejects with what the process rejected, or when it ends before. */
  ask(request: Request): Promise<Result> {
    const id = this.#nextId++
    const waiting = Promise.withResolvers<Result>()
    this.#waiting.set(id, waiting)
    this.#process.send({ id, request } as object)
    return waiting.promise
  }

  /** Ends it as `kill -9` does, with no chance to tidy up. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#process.kill(signal)
  }

  get ended(): Promise<void> {
    return this.#ended
  }

  #settle({ id, result, error }: Answer): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result as Result)
    else waiting?.reject(error)
  }
}

/** Starts several and waits for nothing. */
export function children<Request, Result>(count: number, script: URL): Child<Request, Result>[] {
  return Array.from({ length: count }, () => new Child<Request, Result>(script))
}
