import type { Adapter, AdapterPayload } from 'oidc-provider'

/** How long a used refresh token still works, in milliseconds; `0`: strict reuse detection. */
export interface ReusePolicy {
  readonly graceMs: number
}

/** What one authorization server remembers; `oidc-provider`'s own adapter shares its memory between servers. */
export class ServerStore {
  readonly #records = new Map<string, AdapterPayload>()
  readonly #policy: ReusePolicy

  constructor(policy: ReusePolicy) {
    this.#policy = policy
  }

  adapterFor(model: string): Adapter {
    return new StoreAdapter(model, this.#records, this.#policy)
  }

  /** What is kept under a model and id, as it is. */
  peek(model: string, id: string): AdapterPayload | undefined {
    return this.#records.get(`${model}:${id}`)
  }
}

class StoreAdapter implements Adapter {
  readonly #model: string
  readonly #records: Map<string, AdapterPayload>
  readonly #policy: ReusePolicy

  constructor(model: string, records: Map<string, AdapterPayload>, policy: ReusePolicy) {
    this.#model = model
    this.#records = records
    this.#policy = policy
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#records.set(this.#key(id), { ...payload })
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = this.#records.get(this.#key(id))
    if (payload === undefined) return undefined
    return this.#isInGrace(payload) ? { ...payload, consumed: undefined } : { ...payload }
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.uid === uid)
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findWhere((payload) => payload.userCode === userCode)
  }

  async consume(id: string): Promise<void> {
    const payload = this.#records.get(this.#key(id))
    if (payload !== undefined) payload.consumed ??= Date.now() / 1_000
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
      if (key.startsWith(`${this.#model}:`) && matches(payload)) return { ...payload }
    }
    return undefined
  }

  #key(id: string): string {
    return `${this.#model}:${id}`
  }

  /** A lenient server treats a token that was used a moment ago as if it had not been. */
  #isInGrace(payload: AdapterPayload): boolean {
    const { consumed } = payload
    if (this.#model !== 'RefreshToken' || typeof consumed !== 'number') return false
    return Date.now() - consumed * 1_000 < this.#policy.graceMs
  }
}
