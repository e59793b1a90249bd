import { type Clock, systemClock } from '@accountry/accounts'
import { nodeEnvironment, type SyncEnvironment } from '@accountry/sync'
import type { OnlineSource, PowerEvent, PowerSource } from './electron-types.ts'
import { checkMethods } from './host-options.ts'

export interface ElectronEnvironmentOptions {
  /** Electron's `net`. */
  readonly net: OnlineSource
  /** Electron's `powerMonitor`. */
  readonly powerMonitor: PowerSource
  /** What Electron does not know: whether the network is metered, and room. Default: `nodeEnvironment()`. */
  readonly base?: SyncEnvironment
  /** How often is looked whether there is a network, in milliseconds: Electron does not announce it. Default 15 000. */
  readonly pollMs?: number
  readonly clock?: Clock
}

const POLL_MS = 15_000
const POWER_EVENTS: readonly PowerEvent[] = ['suspend', 'resume', 'on-ac', 'on-battery']
/** A process that has looked so often since the suspend is awake, whether it was told so or not. */
const LOOKS_UNTIL_AWAKE = 2

/**
 * The state of the machine as Electron knows it, for `SyncManager.open({ environment })`.
 *
 * Network: Chromium's, and what `base` says of metering. Power: `powerMonitor`, unless `base` knows it (as on Linux, where
 * Electron announces no change of it). While the machine is being suspended there is no network, so that nothing begins
 * that would break off; with the resume everything is looked at again. Make it once the app is ready.
 *
 * @throws TypeError, RangeError for wrong options.
 */
export function electronEnvironment(options: ElectronEnvironmentOptions): SyncEnvironment {
  checkMethods(options.net, 'net', ['isOnline'])
  checkMethods(options.powerMonitor, 'powerMonitor', ['isOnBatteryPower', 'on', 'off'])
  const { pollMs = POLL_MS } = options
  if (typeof pollMs !== 'number' || !(pollMs > 0)) throw new RangeError('pollMs must be a positive number')
  return new MonitoredEnvironment(options, pollMs)
}

class MonitoredEnvironment implements SyncEnvironment {
  readonly #options: ElectronEnvironmentOptions
  readonly #pollMs: number
  readonly #base: SyncEnvironment
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  readonly #onBaseChange = (): void => this.#look()
  readonly #onPower: ReadonlyMap<PowerEvent, () => void>
  #cancelTimer: (() => void) | undefined
  /** Looks that are left until a suspended machine counts as awake; 0: it is awake. */
  #asleep = 0
  #seen: string | undefined

  constructor(options: ElectronEnvironmentOptions, pollMs: number) {
    this.#options = options
    this.#pollMs = pollMs
    this.#clock = options.clock ?? systemClock
    this.#base = options.base ?? nodeEnvironment({ clock: this.#clock })
    this.#onPower = new Map(POWER_EVENTS.map((event) => [event, () => this.#hearOf(event)]))
  }

  get network(): SyncEnvironment['network'] {
    return this.#asleep > 0 || !this.#options.net.isOnline() ? 'none' : this.#base.network
  }

  get charging(): boolean {
    return this.#isChargingUnknown ? !this.#options.powerMonitor.isOnBatteryPower() : this.#base.charging
  }

  get storageLow(): boolean {
    return this.#base.storageLow
  }

  get unknown(): readonly string[] {
    return (this.#base.unknown ?? []).filter((fact) => fact !== 'charging')
  }

  on(_event: 'change', listener: () => void): void {
    const isFirst = this.#listeners.size === 0
    this.#listeners.add(listener)
    if (isFirst) this.#begin()
  }

  off(_event: 'change', listener: () => void): void {
    if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#end()
  }

  get #isChargingUnknown(): boolean {
    return this.#base.unknown?.includes('charging') === true
  }

  #begin(): void {
    this.#seen = this.#state()
    this.#base.on('change', this.#onBaseChange)
    for (const [event, listener] of this.#onPower) this.#options.powerMonitor.on(event, listener)
    this.#wait()
  }

  #end(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#asleep = 0
    this.#base.off?.('change', this.#onBaseChange)
    for (const [event, listener] of this.#onPower) this.#options.powerMonitor.off(event, listener)
  }

  #wait(): void {
    this.#cancelTimer = this.#clock.setTimer(() => {
      if (this.#asleep > 0) this.#asleep--
      this.#look()
      if (this.#listeners.size > 0) this.#wait()
    }, this.#pollMs)
  }

  #hearOf(event: PowerEvent): void {
    if (event === 'suspend') this.#asleep = LOOKS_UNTIL_AWAKE
    if (event === 'resume') this.#asleep = 0
    this.#look()
  }

  #look(): void {
    const state = this.#state()
    if (state === this.#seen) return
    this.#seen = state
    for (const listener of [...this.#listeners]) listener()
  }

  #state(): string {
    return JSON.stringify([this.network, this.charging, this.storageLow, this.unknown])
  }
}
