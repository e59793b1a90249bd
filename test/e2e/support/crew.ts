import { ProcessEnded, startProcess, type TestProcess } from '@accountry/testing'
import type { JobAnswer } from './serve-jobs.ts'

/** One long-lived child process that does jobs, one at a time. */
export class Worker<Job, Result> implements AsyncDisposable {
  readonly #process: TestProcess<Job, JobAnswer<Result>>

  constructor(script: URL, environment: Readonly<Record<string, string>> = {}) {
    this.#process = startProcess<Job, JobAnswer<Result>>(script, [], { env: environment })
  }

  /** Resolves with what the process answers; rejects when it fails, and {@link WorkerDied} when it dies first. */
  async do(job: Job): Promise<Result> {
    this.#process.send(job)
    const answer = await this.#process.next().catch((error: unknown) => {
      throw error instanceof ProcessEnded ? new WorkerDied(error) : error
    })
    if ('error' in answer) throw new Error(`The process failed: ${JSON.stringify(answer.error)}`)
    return answer.result
  }

  /** Stops it, lets it go on, or ends it. */
  signal(signal: NodeJS.Signals): void {
    void this.#process.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]()
  }
}

/** The process ended while it had a job. */
export class WorkerDied extends Error {
  readonly how: string

  constructor({ code, signal, message }: ProcessEnded) {
    super(message)
    this.how = signal ?? `code ${code}`
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
