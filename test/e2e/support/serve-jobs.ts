import { isAccountError } from '@accountry/accounts'

/** The other side of a `Worker`: does what it is sent and answers with the result or the error. */
export function serveJobs<Job, Result>(perform: (job: Job) => Promise<Result>): void {
  process.on('message', (job: Job) => {
    void perform(job).then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: isAccountError(error) ? error.toJSON() : String(error) }),
    )
  })
}
