import type { Account } from '@accountry/accounts'
import type { SyncHandle } from '@accountry/sync'
import { createFakeSyncAdapter, type FakeSyncAdapter, type SyncStep, SyncTestDriver } from '@accountry/testing'
import fc from 'fast-check'

/** Something that happens to the world. */
export type Action =
  | { readonly kind: 'request'; readonly who: number; readonly extras: number; readonly flags: number }
  | { readonly kind: 'cancel'; readonly who: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'network'; readonly network: 'none' | 'metered' | 'unmetered' }
  | { readonly kind: 'hold' | 'release' | 'restart' | 'sign-in' }
  | { readonly kind: 'jump' | 'suspend'; readonly ms: number }
  | { readonly kind: 'step'; readonly step: SyncStep }

const who = fc.nat({ max: 2 })
const steps: SyncStep[] = ['ok', 'soft', 'hard', 'auth', 'hang']

export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      who,
      extras: fc.nat({ max: 2 }),
      flags: fc.nat({ max: 15 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(1, 1_000, 30_000, 400_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('network' as const),
      network: fc.constantFrom('none', 'metered', 'unmetered'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('hold', 'release', 'restart', 'sign-in') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('jump', 'suspend'),
      ms: fc.integer({ min: -86_400_000, max: 86_400_000 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('step' as const), step: fc.constantFrom(...steps) }) },
)

/** A request that was stored, and how many runs there had been. */
interface Promised {
  readonly account: Account
  readonly extras: number
  readonly runsBefore: number
  canceled: boolean
  readonly handle: SyncHandle
}

/** A world in which random things happen, and what must hold in it at all times. */
export class Model implements AsyncDisposable {
  readonly driver: SyncTestDriver
  readonly adapter: FakeSyncAdapter
  readonly accounts: Account[] = []
  readonly promised: Promised[] = []

  private constructor(driver: SyncTestDriver, adapter: FakeSyncAdapter) {
    this.driver = driver
    this.adapter = adapter
  }

  static async open(parallel: boolean): Promise<Model> {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, allowParallelSyncs: parallel })
    const driver = await SyncTestDriver.open({
      adapters: [adapter],
      concurrency: { regular: 2 },
      limits: { graceMs: 50 },
    })
    const model = new Model(driver, adapter)
    for (const name of ['a', 'b', 'c']) model.accounts.push(await driver.addAccount(name))
    return model
  }

  async do(action: Action): Promise<void> {
    const { driver, adapter } = this
    switch (action.kind) {
      case 'request':
        await this.#request(action)
        break
      case 'cancel': {
        const account = this.#account(action.who)
        for (const promise of this.promised) if (promise.account.id === account.id) promise.canceled = true
        await driver.sync.cancelSync({ account, authority: 'tasks' })
        break
      }
      case 'advance':
        await driver.advance(action.ms)
        break
      case 'network':
        driver.environment.network = action.network
        break
      case 'hold':
        adapter.hold()
        break
      case 'release':
        adapter.release()
        break
      case 'restart':
        await driver.restart()
        break
      case 'sign-in':
        for (const account of this.accounts) await driver.accounts.setPassword(account, `new-${Math.random()}`)
        break
      case 'jump':
        driver.clock.jump(action.ms)
        break
      case 'suspend':
        driver.clock.suspend(Math.abs(action.ms))
        break
      case 'step':
        adapter.next(action.step)
    }
    await driver.settle()
  }

  /** Never two runs of one target at once, of a serial adapter never two at all; what is said equals what is so. */
  async check(): Promise<string[]> {
    const { driver, adapter } = this
    const wrong: string[] = []
    const active = adapter.active.map(({ account }) => account.id)
    if (new Set(active).size !== active.length) wrong.push('a target runs twice at the same time')
    if (adapter.allowParallelSyncs !== true && active.length > 1) wrong.push('a serial adapter runs twice')
    if (active.length > 2) wrong.push('more run than may')
    const pending = await driver.sync.getPendingSyncs()
    const current = await driver.sync.getCurrentSyncs()
    for (const account of this.accounts) {
      const target = { account, authority: 'tasks' }
      const status = await driver.sync.getSyncStatus(target)
      const isPending = pending.some((entry) => entry.account.id === account.id && entry.state !== 'parked')
      const isActive = current.some((entry) => entry.account.id === account.id && !entry.stuck)
      if ((await driver.sync.isSyncPending(target)) !== isPending) wrong.push('pending is not what the queue says')
      if ((await driver.sync.isSyncActive(target)) !== isActive) wrong.push('active is not what the queue says')
      if (isActive !== active.includes(account.id)) wrong.push('active is not what the adapter does')
      if (status !== undefined && (status.pending !== isPending || status.active !== isActive))
        wrong.push('the status differs')
    }
    const ids = pending.map(({ id }) => id)
    if (current.some(({ id }) => ids.includes(id))) wrong.push('an operation is pending and active')
    const keys = pending.map(({ account, extras, ...entry }) => JSON.stringify([account.id, extras, entry.id]))
    if (new Set(keys).size !== keys.length) wrong.push('a key is queued twice')
    return wrong
  }

  /** Lets everything end well, and says which promised requests never ran. */
  async lost(): Promise<string[]> {
    const { driver, adapter } = this
    adapter.release()
    adapter.always = 'ok'
    await driver.setAllConstraintsMet()
    for (let round = 0; round < 6; round++) {
      await driver.advance(3_700_000)
      await this.do({ kind: 'sign-in' })
      await driver.advance(60_000)
    }
    const pending = await driver.sync.getPendingSyncs()
    return [
      ...pending.map(({ id, waitsFor }) => `${id} still waits for ${waitsFor.join()}`),
      ...this.promised.filter((promise) => !this.#isKept(promise)).map((promise) => `lost ${JSON.stringify(promise)}`),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.adapter.release()
    await this.driver.close()
  }

  async #request({ who, extras, flags }: { who: number; extras: number; flags: number }): Promise<void> {
    const account = this.#account(who)
    const runsBefore = this.adapter.runs.length
    const handle = this.driver.sync.requestSync({
      account,
      authority: 'tasks',
      extras: { extras },
      ignoreSettings: true,
      ...(flags & 1 && { ignoreBackoff: true }),
      ...(flags & 2 && { doNotRetry: true }),
      ...(flags & 4 && { upload: true }),
      ...(flags & 8 && { expedited: true }),
    })
    await handle.accepted
    this.promised.push({ account, extras, runsBefore, canceled: false, handle })
  }

  #isKept({ account, extras, runsBefore, canceled }: Promised): boolean {
    if (canceled) return true
    return this.adapter.runs
      .slice(runsBefore)
      .some((run) => run.account.id === account.id && run.extras['extras'] === extras)
  }

  #account(who: number): Account {
    const account = this.accounts[who]
    if (account === undefined) throw new RangeError(`there is no account ${who}`)
    return account
  }
}
