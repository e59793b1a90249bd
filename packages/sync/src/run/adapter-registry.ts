import type { OperationStore, ServiceRecord } from '../operation-store.ts'
import type { SyncAdapter } from '../sync-adapter.ts'
import { adapterTypeOf, checkAdapter } from '../sync-adapter.ts'

/** The adapters of this process, and the services that any process ever had an adapter for. */
export class AdapterRegistry {
  readonly #store: OperationStore
  readonly #minPeriodMs: number
  readonly #adapters = new Map<string, SyncAdapter>()
  /** Services of this process's adapters, once they are stored. */
  readonly #served = new Map<number, SyncAdapter>()
  readonly #services = new Map<string, ServiceRecord>()
  /** Adapters whose service was new to the store when it was first put there. */
  readonly #new = new Set<SyncAdapter>()
  #unstored: SyncAdapter[] = []

  constructor(store: OperationStore, minPeriodMs: number) {
    this.#store = store
    this.#minPeriodMs = minPeriodMs
  }

  /** @throws TypeError for what is not an adapter, and for a second adapter of the same service. */
  add(adapter: SyncAdapter): void {
    checkAdapter(adapter)
    const name = nameOf(adapter.accountType, adapter.authority)
    if (this.#adapters.has(name)) {
      throw new TypeError(
        `an adapter for authority ${adapter.authority} of ${adapter.accountType} is registered already`,
      )
    }
    this.#adapters.set(name, adapter)
    this.#unstored.push(adapter)
  }

  find(accountType: string, authority: string): SyncAdapter | undefined {
    return this.#adapters.get(nameOf(accountType, authority))
  }

  list(): SyncAdapter[] {
    return [...this.#adapters.values()]
  }

  /** The stored service of an authority: of this process's adapters from memory, of others from the store. */
  service(accountType: string, authority: string): ServiceRecord | undefined {
    return this.#services.get(nameOf(accountType, authority)) ?? this.#store.services.find(accountType, authority)
  }

  /** The adapter of this process for a stored service. */
  serving(service: number): SyncAdapter | undefined {
    return this.#served.get(service)
  }

  /** Ids of the services that this process serves. */
  served(): IterableIterator<number> {
    return this.#served.keys()
  }

  get hasUnstored(): boolean {
    return this.#unstored.length > 0
  }

  /**
   * Stores the services of adapters that came since the last call. Inside a write.
   *
   * @returns The services, and whether each is new to the store.
   */
  storeServices(): { service: ServiceRecord; isNew: boolean; adapter: SyncAdapter }[] {
    return this.#unstored.map((adapter) => {
      const before = this.#store.services.find(adapter.accountType, adapter.authority)
      const service = this.#store.services.put(serviceOf(adapter, this.#minPeriodMs))
      moveFormerAuthorities(this.#store, service, adapter.formerAuthorities ?? [])
      if (before?.registered !== true) this.#new.add(adapter)
      return { service, isNew: this.#new.has(adapter), adapter }
    })
  }

  /** After the write that {@link AdapterRegistry.storeServices} was part of. */
  servicesStored(stored: readonly { service: ServiceRecord; adapter: SyncAdapter }[]): void {
    for (const { service, adapter } of stored) {
      this.#served.set(service.id, adapter)
      this.#services.set(nameOf(service.accountType, service.authority), service)
      this.#new.delete(adapter)
    }
    const adapters = new Set(stored.map(({ adapter }) => adapter))
    this.#unstored = this.#unstored.filter((adapter) => !adapters.has(adapter))
  }
}

/** Gives an authority what is stored under the names that it had before, where it has nothing of its own. Inside a write. */
function moveFormerAuthorities(store: OperationStore, service: ServiceRecord, former: readonly string[]): void {
  for (const authority of former) {
    const old = store.services.find(service.accountType, authority)
    if (old === undefined || old.id === service.id) continue
    for (const target of store.targets.list({ service: old.id })) {
      if (store.targets.find(target.accountId, service.authority) !== undefined) store.targets.delete(target.id)
      else store.targets.move(target.id, service)
    }
    store.services.put({ ...old, registered: false })
  }
}

function nameOf(accountType: string, authority: string): string {
  return `${accountType}\n${authority}`
}

function serviceOf(adapter: SyncAdapter, minPeriodMs: number): Omit<ServiceRecord, 'id'> {
  const periodMs = adapter.defaults?.periodMs
  const { allowParallelSyncs: _parallel, ...type } = adapterTypeOf(adapter)
  return {
    ...type,
    network: adapter.network ?? 'any',
    asksReadiness: adapter.onUnsyncableAccount !== undefined,
    registered: true,
    defaultAuto: adapter.defaults?.syncAutomatically ?? false,
    defaultPeriodMs: periodMs === undefined ? undefined : Math.max(periodMs, minPeriodMs),
    defaultFlexMs: adapter.defaults?.flexMs,
  }
}
