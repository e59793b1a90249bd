import type { AccountRecord } from './vault/account-records.ts'

/** The accounts in memory, oldest first: what is listed and looked up without touching the disk. */
export class AccountIndex {
  readonly #byId = new Map<string, AccountRecord>()
  readonly #byType = new Map<string, Map<string, AccountRecord>>()

  get size(): number {
    return this.#byId.size
  }

  get(id: string): AccountRecord | undefined {
    return this.#byId.get(id)
  }

  find(type: string, name: string): AccountRecord | undefined {
    return this.#byType.get(type)?.get(name)
  }

  /** The accounts of one type stay together; types come in the order in which their first account did. */
  all(): Iterable<AccountRecord> {
    if (this.#byType.size < 2) return this.#byId.values()
    const groups = new Map<string, AccountRecord[]>()
    for (const record of this.#byId.values()) {
      const group = groups.get(record.account.type)
      if (group === undefined) groups.set(record.account.type, [record])
      else group.push(record)
    }
    return [...groups.values()].flat()
  }

  ofType(type: string): Iterable<AccountRecord> {
    return this.#byType.get(type)?.values() ?? []
  }

  set(record: AccountRecord): void {
    const { id, type, name } = record.account
    const known = this.#byId.get(id)
    if (known !== undefined && known.account.name !== name) this.#forgetName(known)
    this.#byId.set(id, record)
    const names = this.#byType.get(type)
    if (names === undefined) this.#byType.set(type, new Map([[name, record]]))
    else names.set(name, record)
  }

  delete(id: string): void {
    const known = this.#byId.get(id)
    if (known === undefined) return
    this.#byId.delete(id)
    this.#forgetName(known)
  }

  /** @param records In the order in which they are to be listed. */
  replaceAll(records: readonly AccountRecord[]): void {
    this.#byId.clear()
    this.#byType.clear()
    for (const record of records) this.set(record)
  }

  #forgetName({ account: { id, type, name } }: AccountRecord): void {
    // A renamed account may have left its name to another one.
    const names = this.#byType.get(type)
    if (names?.get(name)?.account.id === id) names.delete(name)
  }
}
