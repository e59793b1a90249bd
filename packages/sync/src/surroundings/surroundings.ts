import type { Clock } from '@accountry/accounts'
import type { SyncEnvironment } from '../environment.ts'

/** A machine that comes and goes lets runs begin once in this time. */
export const SETTLING_MS = 1_000

/** What a change of the machine's state means to the engine. */
export interface SurroundingsListener {
  /** There is a network again after there was none. */
  networkBack(): void
  changed(): void
}

/**
 * The machine's state as the engine acts on it.
 *
 * What gets worse counts at once, so that nothing begins in vain. What gets better counts at once too, unless it had
 * got better and worse again within the last second: a network that flaps starts no storm of runs.
 */
export class Surroundings {
  readonly #environment: SyncEnvironment
  readonly #clock: Clock
  readonly #listener: SurroundingsListener
  readonly #onChange = (): void => this.look()
  network: SyncEnvironment['network']
  charging: boolean
  storageLow: boolean
  /** Monotonic; when something last got better. */
  #betterAt = Number.NEGATIVE_INFINITY
  /** It got worse since. */
  #isFlapping = false

  constructor(environment: SyncEnvironment, clock: Clock, listener: SurroundingsListener) {
    this.#environment = environment
    this.#clock = clock
    this.#listener = listener
    this.network = environment.network
    this.charging = environment.charging
    this.storageLow = environment.storageLow
    environment.on('change', this.#onChange)
  }

  get unknown(): readonly string[] {
    return this.#environment.unknown ?? []
  }

  /** Takes over what changed, as far as it counts already. */
  look(): void {
    if (!this.isBehind) return
    const { network, charging, storageLow } = this.#environment
    const before = { network: this.network, charging: this.charging, storageLow: this.storageLow }
    const isSettling = this.settlesInMs() > 0
    if (rank(network) < rank(before.network) || !isSettling) this.network = network
    if (!charging || !isSettling) this.charging = charging
    if (storageLow || !isSettling) this.storageLow = storageLow
    const gotBetter =
      rank(this.network) > rank(before.network) ||
      (this.charging && !before.charging) ||
      (before.storageLow && !this.storageLow)
    const isWorse =
      rank(this.network) < rank(before.network) ||
      (!this.charging && before.charging) ||
      (!before.storageLow && this.storageLow)
    if (gotBetter) {
      this.#betterAt = this.#clock.monotonic()
      this.#isFlapping = false
    } else if (isWorse) this.#isFlapping = true
    if (before.network === 'none' && this.network !== 'none') this.#listener.networkBack()
    const isSame =
      this.network === before.network && this.charging === before.charging && this.storageLow === before.storageLow
    if (!isSame) this.#listener.changed()
  }

  /** Milliseconds until a change for the better may count; 0: nothing is held back. */
  settlesInMs(): number {
    if (!this.#isFlapping) return 0
    return Math.max(0, this.#betterAt + SETTLING_MS - this.#clock.monotonic())
  }

  /** Whether the machine's state is another one than the engine acts on. */
  get isBehind(): boolean {
    const { network, charging, storageLow } = this.#environment
    return network !== this.network || charging !== this.charging || storageLow !== this.storageLow
  }

  close(): void {
    this.#environment.off?.('change', this.#onChange)
  }
}

function rank(network: SyncEnvironment['network']): number {
  return network === 'none' ? 0 : network === 'metered' ? 1 : 2
}
