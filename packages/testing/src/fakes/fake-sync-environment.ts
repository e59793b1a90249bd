import type { SyncEnvironment } from '@accountry/sync'

/** The machine's state, as a test sets it. Every change is announced at once. */
export interface FakeSyncEnvironment extends SyncEnvironment {
  network: 'none' | 'metered' | 'unmetered'
  charging: boolean
  storageLow: boolean
  off(event: 'change', listener: () => void): void
  /** Sets several fields and announces them as one change. */
  set(state: Partial<Pick<SyncEnvironment, 'network' | 'charging' | 'storageLow'>>): void
}

/** @param initial Default: unmetered network, charging, room on the disk. */
export function createFakeSyncEnvironment(
  initial: Partial<Pick<SyncEnvironment, 'network' | 'charging' | 'storageLow'>> = {},
): FakeSyncEnvironment {
  const state = { network: 'unmetered' as SyncEnvironment['network'], charging: true, storageLow: false, ...initial }
  const listeners = new Set<() => void>()
  const set = (change: Partial<typeof state>): void => {
    Object.assign(state, change)
    for (const listener of [...listeners]) listener()
  }
  return {
    get network() {
      return state.network
    },
    set network(network) {
      set({ network })
    },
    get charging() {
      return state.charging
    },
    set charging(charging) {
      set({ charging })
    },
    get storageLow() {
      return state.storageLow
    },
    set storageLow(storageLow) {
      set({ storageLow })
    },
    on(_event, listener) {
      listeners.add(listener)
    },
    off(_event, listener) {
      listeners.delete(listener)
    },
    set,
  }
}
