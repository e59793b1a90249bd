import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** One long-lived child process that does jobs, one at a time. */
export class Worker<Job, Result> implements AsyncDisposable {
  readonly #child: ChildProcess
  #errors = ''

  constructor(script: URL, environment: Readonly<Record<string, string>> = {}) {
    this.#child = fork(fileURLToPath(script), {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors += String(chunk)
    })
  }

  /** Resolves with what the process answers; rejects when it fails or dies first. */
  do(job: Job): Promise<Result> {
    const child = this.#child
    return new Promise((resolve, reject) => {
      const onExit = (code: number | null, signal: string | null): void => {
        child.off('message', onMessage)
        reject(new WorkerDied(signal ?? `code ${code}`, this.#errors))
      }
      const onMessage = (message: unknown): void => {
        child.off('exit', onExit)
        const { result, error } = message as { result?: Result; error?: unknown }
        if (error === undefined) resolve(result as Result)
        else reject(new Error(`The process failed: ${JSON.stringify(error)}`))
      }
      child.once('message', onMessage)
      child.once('exit', onExit)
      child.send(job as object)
    })
  }

  /** Stops it, lets it go on, or ends it. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
}

/** The process ended while it had a job. */
export class WorkerDied extends Error {
  readonly how: string

  constructor(how: string, errors: string) {
    super(`The process died (${how}): ${errors}`)
    this.how = how
  }
}

/** Many workers of one kind, started together and ended together. */
export class Crew<Job, Result> implements AsyncDisposable {
  readonly workers: readonly Worker<Job, Result>[]

  constructor(size: number, script: URL) {
    this.workers = Array.from({ length: size }, () => new Worker<Job, Result>(script))
  }

  /** Gives every worker the same job at the same time. */
  all(job: (index: number) => Job): Promise<Result[]> {
    return Promise.all(this.workers.map((worker, index) => worker.do(job(index))))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker[Symbol.asyncDispose]()))
  }
}
