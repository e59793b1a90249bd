/** What the machine can do now. Injected; `change` tells that a field may have another value. */
export interface SyncEnvironment {
  readonly network: 'none' | 'metered' | 'unmetered'
  readonly charging: boolean
  readonly storageLow: boolean
  on(event: 'change', listener: () => void): unknown
  off?(event: 'change', listener: () => void): unknown
  /** What could not be found out and is therefore allowed, for `explain`. */
  readonly unknown?: readonly string[]
}

/** A machine that always has an unmetered network, power and room: for servers and tests. */
export function alwaysConnected(): SyncEnvironment {
  return { network: 'unmetered', charging: true, storageLow: false, on: () => undefined }
}
