import type { FakeSyncEnvironment } from '@accountry/testing'
import type { OperationStore } from '../../src/operation-store.ts'

/** A store that counts the turns of the engine on it: each begins with a look at what other processes did. */
export function countTurns(store: OperationStore): { store: OperationStore; turns: () => number } {
  let looks = 0
  const listBusy: OperationStore['operations']['listBusy'] = () => {
    looks++
    return store.operations.listBusy()
  }
  const operations = new Proxy(store.operations, {
    get: (table, name) => (name === 'listBusy' ? listBusy : Reflect.get(table, name, table)),
  })
  const wrapped = new Proxy(store, {
    get: (target, name) => {
      if (name === 'operations') return operations
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { store: wrapped, turns: () => looks }
}

/** Lets everything that can happen without time passing happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The states of a machine in which nothing may run that needs the network, a charger and an unmetered line. */
export const NOT_READY: readonly Partial<Pick<FakeSyncEnvironment, 'network' | 'charging' | 'storageLow'>>[] = [
  { network: 'none' },
  { network: 'metered' },
  { charging: false },
  { storageLow: true },
]
