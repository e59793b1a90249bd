import { isAccountError } from '@accountry/accounts'
import { connectToTest } from '@accountry/testing'

/** What a worker says about a job. */
export type JobAnswer<Result> = { readonly result: Result } | { readonly error: unknown }

/** The other side of a `Worker`: does what it is sent, one after the other, and answers with the result or the error. */
export function serveJobs<Job, Result>(perform: (job: Job) => Promise<Result>): void {
  const test = connectToTest<Job, JobAnswer<Result>>()
  const serve = async (): Promise<void> => {
    for (;;) {
      const job = await test.next()
      await test.send(await perform(job).then((result) => ({ result }), failure))
    }
  }
  void serve()
}

function failure(error: unknown): { error: unknown } {
  return { error: isAccountError(error) ? error.toJSON() : String(error) }
}
