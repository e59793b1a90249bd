import { DBusConnection } from './dbus-connection.ts'

/** What the system's services say; absent: they say nothing. */
export interface ServiceFacts {
  readonly isMetered?: boolean
  readonly isOnBattery?: boolean
}

const NETWORK_MANAGER = {
  service: 'org.freedesktop.NetworkManager',
  path: '/org/freedesktop/NetworkManager',
  property: 'Metered',
} as const
const UPOWER = { service: 'org.freedesktop.UPower', path: '/org/freedesktop/UPower', property: 'OnBattery' } as const

/** `NMMetered`: 1 yes, 3 guessed yes; 2 no, 4 guessed no; 0 unknown. */
const METERED = new Map([
  [1, true],
  [3, true],
  [2, false],
  [4, false],
])

/** Listens to NetworkManager and UPower on the system bus, where there are any. */
export class SystemServices {
  readonly #connection: DBusConnection

  private constructor(connection: DBusConnection) {
    this.#connection = connection
  }

  /** `undefined` where there is no system bus. */
  static async open(address: string, onChange: () => void, onClose: () => void): Promise<SystemServices | undefined> {
    try {
      const connection = await DBusConnection.open(address)
      connection.onClose(onClose)
      for (const { path } of [NETWORK_MANAGER, UPOWER]) await connection.onPropertiesChanged(path, onChange)
      return new SystemServices(connection)
    } catch {
      return undefined
    }
  }

  async read(): Promise<ServiceFacts> {
    const [metered, onBattery] = await Promise.all([this.#get(NETWORK_MANAGER), this.#get(UPOWER)])
    const isMetered = typeof metered === 'number' ? METERED.get(metered) : undefined
    return {
      ...(isMetered !== undefined && { isMetered }),
      ...(typeof onBattery === 'boolean' && { isOnBattery: onBattery }),
    }
  }

  close(): void {
    this.#connection.close()
  }

  async #get({ service, path, property }: { service: string; path: string; property: string }): Promise<unknown> {
    try {
      return await this.#connection.getProperty(service, path, service, property)
    } catch {
      return undefined
    }
  }
}
