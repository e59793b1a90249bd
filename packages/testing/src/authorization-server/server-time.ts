import { type Clock, systemClock } from '@accountry/accounts'

/**
 * The time of one authorization server, in seconds.
 *
 * `oidc-provider` reads the system's clock and nothing else. Everything that carries a time therefore crosses between
 * its time and ours: records when they are stored and found, tokens when they are signed.
 */
export class ServerTime {
  readonly clock: Clock
  readonly #isSystem: boolean

  constructor(clock: Clock | undefined) {
    this.clock = clock ?? systemClock
    this.#isSystem = clock === undefined
  }

  /** Epoch seconds. */
  nowS(): number {
    return Math.floor(this.clock.now() / 1_000)
  }

  /** Seconds to add to a time of the provider. Whole seconds of the same instant, so that no lifetime is rounded. */
  offsetS(): number {
    return this.#isSystem ? 0 : this.nowS() - Math.floor(Date.now() / 1_000)
  }
}

const TIMES = ['iat', 'exp', 'iiat', 'authTime', 'auth_time', 'loginTs'] as const

/** A copy in which every time that the provider knows is moved by `offsetS` seconds. */
export function withTimesMoved<T extends object>(record: T, offsetS: number): T {
  if (offsetS === 0) return { ...record }
  const moved = { ...record } as Record<string, unknown>
  for (const name of TIMES) {
    const value = moved[name]
    if (typeof value === 'number') moved[name] = value + offsetS
  }
  return moved as T
}
