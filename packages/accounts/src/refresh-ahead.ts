import type { Clock } from './clock.ts'
import type { Logger } from './logger.ts'

/** Timers are hints: the longest wait before everything is looked at again, for instance after a suspend. */
const LONGEST_WAIT_MS = 30_000
const SHORTEST_WAIT_MS = 30_000
const DEFAULT_CONCURRENCY = 4

/** A token that is kept fresh. */
export interface WatchedToken {
  readonly account: string
  readonly key: string
  readonly obtainedAt: number
  readonly expiresAt: number
  /** The validity that callers asked for, at most a quarter of the lifetime. */
  readonly effectiveValidityMs: number
  /** Renews it, unless somebody did meanwhile. */
  readonly renew: () => Promise<unknown>
}

export interface RefreshAheadOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Default 4. */
  readonly concurrency?: number | undefined
  /** In [0, 1): processes do not all come at the same moment. */
  readonly random: () => number
}

/** How long before its end a token is renewed: a tenth of its lifetime, or twice what callers need. */
export function aheadMs(token: Pick<WatchedToken, 'obtainedAt' | 'expiresAt' | 'effectiveValidityMs'>): number {
  return Math.max((token.expiresAt - token.obtainedAt) / 10, 2 * token.effectiveValidityMs)
}

/** Renews tokens shortly before they are missed, while callers still get the old ones. */
export class RefreshAhead {
  readonly #options: RefreshAheadOptions
  readonly #watched = new Map<string, WatchedToken & { readonly dueAt: number }>()
  #running = 0
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(options: RefreshAheadOptions) {
    this.#options = options
  }

  watch(token: WatchedToken): void {
    if (this.#stopped) return
    const ahead = aheadMs(token)
    const jitter = this.#options.random() * 0.1 * ahead
    // A service whose new tokens are no fresher must not be asked again and again.
    const earliest = this.#options.clock.now() + SHORTEST_WAIT_MS
    const dueAt = Math.max(token.expiresAt - ahead + jitter, earliest)
    this.#watched.set(`${token.account}\n${token.key}`, { ...token, dueAt })
    this.#arm()
  }

  stop(): void {
    this.#stopped = true
    this.#watched.clear()
    this.#cancel?.()
  }

  #arm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#stopped || this.#watched.size === 0) return
    const now = this.#options.clock.now()
    let nextMs = LONGEST_WAIT_MS
    for (const { dueAt } of this.#watched.values()) nextMs = Math.min(nextMs, Math.max(0, dueAt - now))
    if (this.#running >= this.#limit) nextMs = LONGEST_WAIT_MS
    this.#cancel = this.#options.clock.setTimer(() => this.#tick(), nextMs)
  }

  get #limit(): number {
    return this.#options.concurrency ?? DEFAULT_CONCURRENCY
  }

  #tick(): void {
    const now = this.#options.clock.now()
    for (const [id, token] of this.#watched) {
      if (this.#running >= this.#limit) break
      if (token.dueAt > now) continue
      this.#watched.delete(id)
      this.#running += 1
      void this.#renew(token)
    }
    this.#arm()
  }

  async #renew(token: WatchedToken): Promise<void> {
    try {
      // A renewed token comes back through watch(); a failure is the business of the next caller.
      await token.renew()
    } catch {
      this.#options.log.debug('refresh-ahead.failed', { account: token.account })
    } finally {
      this.#running -= 1
      this.#arm()
    }
  }
}
