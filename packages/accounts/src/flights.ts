import type { AuthToken } from './auth-token.ts'

/** A renewal on its way, which many callers may wait for. */
export interface Flight {
  readonly landed: Promise<AuthToken>
  /** Whether it may ask a person. */
  readonly interactive: boolean
  /** Whether anybody who waits wants the person to be told. Read when it fails. */
  notify: boolean
  /** Resolves when it really asks a person: from then on it may take minutes. */
  readonly asking: Promise<void>
}

/** The renewals of this process, by account and token key. */
export class Flights {
  readonly #byAccount = new Map<string, Map<string, Flight>>()
  readonly #asking = new Set<string>()

  get isEmpty(): boolean {
    return this.#byAccount.size === 0
  }

  find(account: string, key: string): Flight | undefined {
    return this.#byAccount.get(account)?.get(key)
  }

  /** Whether a person is being asked about this account right now. */
  isAsking(account: string): boolean {
    return this.#asking.has(account)
  }

  /** @param fly Gets the flight itself, and what to call when it asks a person. */
  start(
    account: string,
    key: string,
    order: { readonly interactive: boolean; readonly notify: boolean },
    fly: (order: { readonly notify: boolean }, onAsking: () => void) => Promise<AuthToken>,
  ): Flight {
    const asking = Promise.withResolvers<void>()
    const mutable = { notify: order.notify }
    const landed = fly(mutable, () => {
      this.#asking.add(account)
      asking.resolve()
    }).finally(() => this.#land(account, key))
    const flight: Flight = {
      landed,
      interactive: order.interactive,
      asking: asking.promise,
      get notify() {
        return mutable.notify
      },
      set notify(isWanted) {
        mutable.notify = isWanted
      },
    }
    const others = this.#byAccount.get(account) ?? new Map<string, Flight>()
    this.#byAccount.set(account, others.set(key, flight))
    return flight
  }

  /** Resolves when none of those that are on their way now is any more. */
  async settled(): Promise<void> {
    const flights = [...this.#byAccount.values()].flatMap((others) => [...others.values()])
    await Promise.allSettled(flights.map(({ landed }) => landed))
  }

  #land(account: string, key: string): void {
    const others = this.#byAccount.get(account)
    others?.delete(key)
    this.#asking.delete(account)
    if (others?.size === 0) this.#byAccount.delete(account)
  }
}
