import type { Adapter, AdapterPayload } from 'oidc-provider'
import { type ServerTime, withTimesMoved } from './server-time.ts'

/** How long a used refresh token still works, in milliseconds; `0`: strict reuse detection. */
export interface ReusePolicy {
  readonly graceMs: number
}

/** What one authorization server remembers; `oidc-provider`'s own adapter shares its memory between servers. */
export class ServerStore {
  readonly #records = new Map<string, AdapterPayload>()
  readonly #adapters = new Map<string, StoreAdapter>()
  readonly #policy: ReusePolicy
  readonly #time: ServerTime

  constructor(policy: ReusePolicy, time: ServerTime) {
    this.#policy = policy
    this.#time = time
  }

  adapterFor(model: string): StoreAdapter {
    let adapter = this.#adapters.get(model)
    if (adapter === undefined) {
      adapter = new StoreAdapter(model, this.#records, this.#policy, this.#time)
      this.#adapters.set(model, adapter)
    }
    return adapter
  }
}

/** The records of one model. Their times are the server's, not the provider's. */
export class StoreAdapter implements Adapter {
  readonly #model: string
  readonly #records: Map<string, AdapterPayload>
  readonly #policy: ReusePolicy
  readonly #time: ServerTime

  constructor(model: string, records: Map<string, AdapterPayload>, policy: ReusePolicy, time: ServerTime) {
    this.#model = model
    this.#records = records
    this.#policy = policy
    this.#time = time
  }

  /** What is kept under an id, while it can be used: neither consumed nor ended. */
  peekUsable(id: string): AdapterPayload | undefined {
    const payload = this.#records.get(this.#key(id))
    if (payload === undefined) return undefined
    const { consumed, exp } = payload
    if (consumed !== undefined && !this.#isInGrace(payload)) return undefined
    return typeof exp === 'number' && exp <= this.#time.nowS() ? undefined : payload
  }

  /** What is kept under an id, in whatever state. */
  peek(id: string): AdapterPayload | undefined {
    return this.#records.get(this.#key(id))
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#records.set(this.#key(id), withTimesMoved(payload, this.#time.offsetS()))
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = this.#records.get(this.#key(id))
    return payload && this.#forProvider(payload)
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.uid === uid)
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.userCode === userCode)
  }

  async consume(id: string): Promise<void> {
    const payload = this.#records.get(this.#key(id))
    if (payload !== undefined) payload.consumed ??= this.#time.clock.now() / 1_000
  }

  async destroy(id: string): Promise<void> {
    this.#records.delete(this.#key(id))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, payload] of this.#records) {
      if (key.startsWith(`${this.#model}:`) && payload.grantId === grantId) this.#records.delete(key)
    }
  }

  #findWhere(matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, payload] of this.#records) {
      if (key.startsWith(`${this.#model}:`) && matches(payload)) return this.#forProvider(payload)
    }
    return undefined
  }

  #forProvider(payload: AdapterPayload): AdapterPayload {
    const copy = withTimesMoved(payload, -this.#time.offsetS())
    if (this.#isInGrace(payload)) copy.consumed = undefined
    return copy
  }

  #key(id: string): string {
    return `${this.#model}:${id}`
  }

  /** A lenient server treats a token that was used a moment ago as if it had not been. */
  #isInGrace(payload: AdapterPayload): boolean {
    const { consumed } = payload
    if (this.#model !== 'RefreshToken' || typeof consumed !== 'number') return false
    return this.#time.clock.now() - consumed * 1_000 < this.#policy.graceMs
  }
}
