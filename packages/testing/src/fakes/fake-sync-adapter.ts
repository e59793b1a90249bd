import type { Account } from '@accountry/accounts'
import { AccountError } from '@accountry/accounts'
import type { SyncAdapter, SyncContext, SyncExtras } from '@accountry/sync'

/**
 * What one run of a fake adapter does. The words are those of Android's CTS adapter: `'ok'` inserts one record, `'soft'`
 * counts one I/O exception, `'hard'` one parse exception, `'auth'` throws what an account that needs its person throws,
 * `'hang'` ends only when it is aborted, `'ignore-abort'` not even then.
 */
export type SyncStep =
  | 'ok'
  | 'soft'
  | 'hard'
  | 'auth'
  | 'hang'
  | 'ignore-abort'
  | ((context: SyncContext) => Promise<void> | void)

/** One call that a fake adapter received. */
export interface FakeSyncRun {
  readonly account: Account
  readonly authority: string
  readonly extras: SyncExtras
  readonly initialize: boolean
  readonly upload: boolean
  readonly attempt: number
  readonly reason: string
  readonly context: SyncContext
  /** Whether it has returned. */
  readonly ended: boolean
}

export interface FakeSyncAdapter extends SyncAdapter {
  /** Every call so far, oldest first. */
  readonly runs: readonly FakeSyncRun[]
  /** The calls that have not returned. */
  readonly active: readonly FakeSyncRun[]
  /** The most calls that were at work at the same time. */
  readonly mostAtOnce: number
  /** What the next runs do, one each; afterwards every run does what {@link FakeSyncAdapter.always} says. */
  next(...steps: SyncStep[]): void
  /** Default `'ok'`. */
  always: SyncStep
  /** From now on runs wait before they do their step, until {@link FakeSyncAdapter.release}. */
  hold(): void
  /** Lets one waiting run of the account, or all, go on; without an account it also ends the holding. */
  release(account?: Account): void
  /** Lets runs that ignore their abort return. */
  letGo(): void
}

export interface FakeSyncAdapterOptions extends Partial<Omit<SyncAdapter, 'onPerformSync'>> {
  readonly always?: SyncStep
}

/** An adapter that follows a script and remembers what it was asked. Default: authority `tasks` of `com.example`. */
export function createFakeSyncAdapter(options: FakeSyncAdapterOptions = {}): FakeSyncAdapter {
  const { always = 'ok', ...fields } = options
  return new ScriptedAdapter({ accountType: 'com.example', authority: 'tasks', ...fields }, always)
}

class ScriptedAdapter implements FakeSyncAdapter {
  declare readonly accountType: string
  declare readonly authority: string
  readonly runs: (FakeSyncRun & { ended: boolean })[] = []
  always: SyncStep
  mostAtOnce = 0
  readonly #steps: SyncStep[] = []
  readonly #held = new Set<{ account: Account; go: () => void }>()
  readonly #ignoring = new Set<() => void>()
  #holds = false

  constructor(fields: object, always: SyncStep) {
    Object.assign(this, fields)
    this.always = always
  }

  get active(): FakeSyncRun[] {
    return this.runs.filter((run) => !run.ended)
  }

  next(...steps: SyncStep[]): void {
    this.#steps.push(...steps)
  }

  hold(): void {
    this.#holds = true
  }

  release(account?: Account): void {
    if (account === undefined) this.#holds = false
    for (const held of [...this.#held]) {
      if (account !== undefined && held.account.id !== account.id) continue
      this.#held.delete(held)
      held.go()
    }
  }

  letGo(): void {
    for (const go of [...this.#ignoring]) go()
    this.#ignoring.clear()
  }

  async onPerformSync(context: SyncContext): Promise<void> {
    const { account, authority, extras, initialize, upload, attempt, reason } = context
    const run = { account, authority, extras, initialize, upload, attempt, reason, context, ended: false }
    this.runs.push(run)
    this.mostAtOnce = Math.max(this.mostAtOnce, this.active.length)
    try {
      if (this.#holds) await this.#untilReleased(context)
      await this.#perform(this.#steps.shift() ?? this.always, context)
    } finally {
      run.ended = true
    }
  }

  async #perform(step: SyncStep, context: SyncContext): Promise<void> {
    const { stats } = context.result
    if (typeof step === 'function') return step(context)
    if (step === 'ok') stats.numInserts++
    else if (step === 'soft') stats.numIoExceptions++
    else if (step === 'hard') stats.numParseExceptions++
    else if (step === 'hang') await aborted(context.signal)
    else if (step === 'ignore-abort') await new Promise<void>((resolve) => this.#ignoring.add(resolve))
    else {
      throw new AccountError('ERR_INTERACTION_REQUIRED', `${context.account.name} has to sign in again`, {
        account: context.account,
      })
    }
  }

  async #untilReleased(context: SyncContext): Promise<void> {
    const released = new Promise<void>((go) => this.#held.add({ account: context.account, go }))
    await Promise.race([released, aborted(context.signal)])
  }
}

/** Rejects as an aborted `fetch` does. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = (): void => reject(new DOMException('This operation was aborted', 'AbortError'))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
