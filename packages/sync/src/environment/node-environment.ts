import { statfs } from 'node:fs/promises'
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { type Clock, systemClock } from '@accountry/accounts'
import { checkFunction, checkMethods, checkObject, checkOptionalObject, checkTexts } from '../checks.ts'
import type { SyncEnvironment } from '../environment.ts'
import { checkDurations } from '../sync-request.ts'
import { hasNetworkDevice } from './network-devices.ts'
import { isOnExternalPower } from './power-supply.ts'
import { canReach, hasNetworkAddress } from './reachability.ts'
import type { ServiceFacts, SystemServices } from './system-services.ts'

export interface NodeEnvironmentOptions {
  /** Look whether this host can be reached, instead of only whether there is an address. Default port: 443. */
  readonly probe?: { readonly host: string; readonly port?: number; readonly timeoutMs?: number }
  /** Where room is needed, and how much. Default: the working directory's file system, 100 MiB. */
  readonly storage?: { readonly path?: string; readonly minFreeBytes?: number }
  /** How often is looked, in milliseconds. Changes that the system announces are seen at once. Default 15 000. */
  readonly pollMs?: number
  readonly clock?: Clock
  /** Default `/sys/class/net`. */
  readonly networkDeviceFolder?: string
  /** Default `/sys/class/power_supply`. */
  readonly powerSupplyFolder?: string
  /** Default: `DBUS_SYSTEM_BUS_ADDRESS`, or the usual socket. */
  readonly systemBusAddress?: string
  /** Default: those of the machine. */
  readonly networkInterfaces?: () => NodeJS.Dict<NetworkInterfaceInfo[]>
}

const POLL_MS = 15_000
const PROBE_TIMEOUT_MS = 5_000
const MIN_FREE_BYTES = 104_857_600
const NETWORK_DEVICES = '/sys/class/net'
const POWER_SUPPLIES = '/sys/class/power_supply'
const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket;unix:path=/var/run/dbus/system_bus_socket'

/** A machine whose state is looked up, and what of it could not be found out. */
export interface NodeEnvironment extends SyncEnvironment {
  /** Of `network`, `metered`, `charging`, `storage`: what is not known, and therefore taken as allowed. */
  readonly unknown: readonly string[]
  off(event: 'change', listener: () => void): void
  /** Looks now. Resolves when everything that can be known is. */
  refresh(): Promise<void>
}

/**
 * The state of the machine that Node runs on.
 *
 * Network: whether an interface has an address beyond the machine, and with `probe` whether that host answers; not known
 * on Linux where loopback is the only device that there is, as in a container without a network. Whether
 * it is metered, and whether the machine is charging, is known on Linux: from NetworkManager and UPower on the system
 * bus and from `/sys/class/power_supply`. What cannot be found out is allowed, and {@link NodeEnvironment.unknown} says
 * so. It looks only while somebody listens, and keeps no process alive.
 *
 * @throws TypeError, RangeError for wrong options.
 */
export function nodeEnvironment(options: NodeEnvironmentOptions = {}): NodeEnvironment {
  checkObject(options, 'options')
  const { probe, storage, clock, networkDeviceFolder, powerSupplyFolder, systemBusAddress, pollMs } = options
  checkOptionalObject(probe, 'probe')
  if (probe !== undefined) checkTexts([probe.host], 'probe.host')
  checkDurations('probe', { port: probe?.port, timeoutMs: probe?.timeoutMs })
  checkOptionalObject(storage, 'storage')
  if (storage?.path !== undefined) checkTexts([storage.path], 'storage.path')
  checkDurations('storage', { minFreeBytes: storage?.minFreeBytes })
  checkDurations('', { pollMs })
  if (clock !== undefined) checkMethods(clock, 'clock', ['now', 'monotonic', 'setTimer'])
  for (const [name, value] of Object.entries({ networkDeviceFolder, powerSupplyFolder, systemBusAddress })) {
    if (value !== undefined) checkTexts([value], name)
  }
  checkFunction(options.networkInterfaces, 'networkInterfaces')
  return new LookedUpEnvironment(options)
}

interface State {
  network: SyncEnvironment['network']
  charging: boolean
  storageLow: boolean
  unknown: readonly string[]
}

class LookedUpEnvironment implements NodeEnvironment {
  readonly #options: NodeEnvironmentOptions
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  #state: State
  #services: Promise<SystemServices | undefined> | undefined
  #cancelTimer: (() => void) | undefined

  constructor(options: NodeEnvironmentOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#state = this.#assemble({ reachable: this.#hasAddress(), services: {}, freeBytes: undefined })
  }

  get network(): SyncEnvironment['network'] {
    return this.#state.network
  }

  get charging(): boolean {
    return this.#state.charging
  }

  get storageLow(): boolean {
    return this.#state.storageLow
  }

  get unknown(): readonly string[] {
    return this.#state.unknown
  }

  on(_event: 'change', listener: () => void): void {
    const isFirst = this.#listeners.size === 0
    this.#listeners.add(listener)
    if (isFirst) this.#begin()
  }

  off(_event: 'change', listener: () => void): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size === 0) this.#end()
  }

  async refresh(): Promise<void> {
    const [reachable, services, freeBytes] = await Promise.all([
      this.#isReachable(),
      this.#readServices(),
      this.#freeBytes(),
    ])
    const before = JSON.stringify(this.#state)
    this.#state = this.#assemble({ reachable, services, freeBytes })
    if (JSON.stringify(this.#state) === before) return
    for (const listener of [...this.#listeners]) listener()
  }

  #begin(): void {
    const look = (): void => {
      void this.refresh().finally(() => {
        if (this.#listeners.size === 0) return
        this.#cancelTimer?.()
        this.#cancelTimer = this.#clock.setTimer(look, this.#options.pollMs ?? POLL_MS)
      })
    }
    look()
  }

  #end(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    void this.#services?.then((services) => services?.close())
    this.#services = undefined
  }

  #assemble(facts: { reachable: boolean; services: ServiceFacts; freeBytes: number | undefined }): State {
    const { reachable, services, freeBytes } = facts
    const { powerSupplyFolder = POWER_SUPPLIES, storage } = this.#options
    const fromServices = services.isOnBattery === undefined ? undefined : !services.isOnBattery
    const charging = isOnExternalPower(powerSupplyFolder) ?? fromServices
    const knowsNetwork = reachable || this.#options.probe !== undefined || this.#hasDevice()
    const unknown = [
      ...(knowsNetwork ? [] : ['network']),
      ...(services.isMetered === undefined ? ['metered'] : []),
      ...(charging === undefined ? ['charging'] : []),
      ...(freeBytes === undefined ? ['storage'] : []),
    ]
    return {
      network: !reachable && knowsNetwork ? 'none' : services.isMetered ? 'metered' : 'unmetered',
      charging: charging ?? true,
      storageLow: freeBytes !== undefined && freeBytes < (storage?.minFreeBytes ?? MIN_FREE_BYTES),
      unknown,
    }
  }

  #hasAddress(): boolean {
    return hasNetworkAddress((this.#options.networkInterfaces ?? networkInterfaces)())
  }

  #hasDevice(): boolean {
    return hasNetworkDevice(this.#options.networkDeviceFolder ?? NETWORK_DEVICES) ?? true
  }

  async #isReachable(): Promise<boolean> {
    const { probe } = this.#options
    if (!this.#hasAddress()) return false
    return probe === undefined || canReach(probe.host, probe.port ?? 443, probe.timeoutMs ?? PROBE_TIMEOUT_MS)
  }

  async #readServices(): Promise<ServiceFacts> {
    if (process.platform !== 'linux') return {}
    const address = this.#options.systemBusAddress ?? process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? SYSTEM_BUS
    const onChange = (): void => void this.refresh()
    const onClose = (): void => {
      this.#services = undefined
    }
    this.#services ??= openServices(address, onChange, onClose)
    const services = await this.#services
    // No bus now may be a bus later.
    if (services === undefined) this.#services = undefined
    const facts = (await services?.read()) ?? {}
    if (this.#listeners.size === 0) this.#end()
    return facts
  }

  async #freeBytes(): Promise<number | undefined> {
    try {
      const { bavail, bsize } = await statfs(this.#options.storage?.path ?? process.cwd())
      return bavail * bsize
    } catch {
      return undefined
    }
  }
}

/** The D-Bus client is loaded when somebody wants to know, and only on Linux. */
async function openServices(
  ...parameters: Parameters<typeof SystemServices.open>
): Promise<Awaited<ReturnType<typeof SystemServices.open>>> {
  const { SystemServices: services } = await import('./system-services.ts')
  return await services.open(...parameters)
}
