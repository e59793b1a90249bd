import { AccountError } from './errors.ts'

interface RunningCall {
  readonly account: string | undefined
  readonly isInteractive: boolean
  readonly end: (error: AccountError) => void
}

/** The calls to authenticators that are on their way, so that they can be told when nobody wants them any more. */
export class RunningCalls {
  readonly #calls = new Set<RunningCall>()

  /** @returns What to call when it has ended. */
  add(call: RunningCall): () => void {
    this.#calls.add(call)
    return () => this.#calls.delete(call)
  }

  endForRemoved(account: string): void {
    for (const call of this.#calls) {
      if (call.account === account)
        call.end(new AccountError('ERR_ABORTED', 'the account was removed', { reason: 'account_removed' }))
    }
  }

  /** Nobody waits for a person when the manager closes; a renewal on its way is waited for. */
  endInteractive(): void {
    for (const call of this.#calls) {
      if (call.isInteractive)
        call.end(new AccountError('ERR_CLOSED', 'this AccountManager was closed meanwhile; open another one'))
    }
  }
}
