import { AccountError } from './errors.ts'

interface RunningCall {
  readonly account: string | undefined
  readonly isWaitedFor: boolean
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

  /** The accounts are not these any more: ends what is done for others. */
  endExcept(isHere: (account: string) => boolean): void {
    for (const { account } of this.#calls) if (account !== undefined && !isHere(account)) this.endForRemoved(account)
  }

  /** The manager closes: nothing goes on but a renewal on its way, which is waited for. */
  endForClosing(): void {
    for (const call of this.#calls) {
      if (!call.isWaitedFor)
        call.end(new AccountError('ERR_CLOSED', 'this AccountManager was closed meanwhile; open another one'))
    }
  }
}
