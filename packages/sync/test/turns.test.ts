import type { Account } from '@accountry/accounts'
import {
  createFakeSyncAdapter,
  createFakeSyncEnvironment,
  type FakeSyncAdapter,
  type FakeSyncAdapterOptions,
  type FakeSyncEnvironment,
  openTestManager,
  type TestManager,
} from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openSqliteStore } from '../src/sqlite/open-sqlite-store.ts'
import type { SyncContext } from '../src/sync-adapter.ts'
import { SyncManager } from '../src/sync-manager.ts'
import type { SyncManagerOptions } from '../src/sync-manager-options.ts'
import type { SyncRequest } from '../src/sync-request.ts'
import { countTurns, NOT_READY, settle } from './support/counted-turns.ts'

/** One engine whose turns are counted, with two accounts and an adapter that does what a test says. */
interface Counted {
  readonly made: TestManager
  readonly sync: SyncManager
  readonly adapter: FakeSyncAdapter
  readonly environment: FakeSyncEnvironment
  readonly ana: Account
  readonly bea: Account
  readonly turns: () => number
  ask(account: Account, request?: SyncRequest): Promise<void>
}

type Scenario = (world: Counted) => Promise<void>
const AUTHORITY = 'tasks'

async function open(
  adapterOptions: FakeSyncAdapterOptions = {},
  options: Partial<SyncManagerOptions> = {},
): Promise<Counted> {
  const made = await openTestManager()
  onTestFinished(() => made.close())
  const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, ...adapterOptions })
  const environment = createFakeSyncEnvironment()
  const { sync, turns } = await engine(made, { adapters: [adapter], environment, ...options })
  const ana = await made.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
  const bea = await made.manager.addAccountExplicitly({ type: 'com.example', name: 'bea' })
  onTestFinished(() => adapter.letGo())
  sync.start()
  await sync.getHistory()
  await settle()
  const ask = async (account: Account, request: SyncRequest = {}): Promise<void> => {
    await sync.requestSync({ account, authority: AUTHORITY, manual: true, ...request }).accepted
    await settle()
  }
  return { made, sync, adapter, environment, ana, bea, turns, ask }
}

async function engine(
  made: TestManager,
  options: Partial<SyncManagerOptions>,
): Promise<{ sync: SyncManager; turns: () => number }> {
  const { store, turns } = countTurns(await openSqliteStore({ directory: made.directory }))
  const sync = await SyncManager.open({ accounts: made.manager, clock: made.clock, random: () => 0, store, ...options })
  onTestFinished(async () => {
    await sync.close()
    store.close()
  })
  return { sync, turns }
}

/** No turn while the clock stands still, and only the regular looks while it moves. */
async function expectNoSpin({ made, turns }: Pick<Counted, 'made' | 'turns'>): Promise<void> {
  await settle()
  const still = turns()
  expect(made.clock.nextTimerMs).toBeGreaterThan(0)
  for (let round = 0; round < 5; round++) await settle()
  await made.clock.advance(0)
  expect(turns()).toBe(still)
  await made.clock.advance(60_000)
  expect(turns() - still).toBeLessThan(200)
}

const SCENARIOS: readonly [string, Scenario, FakeSyncAdapterOptions?, Partial<SyncManagerOptions>?][] = [
  [
    'the adapter serves another account',
    async ({ ask, ana, bea }) => {
      await ask(ana)
      await ask(bea)
    },
    { always: 'hang' },
  ],
  [
    'every place is taken',
    async ({ ask, ana, bea }) => {
      await ask(ana)
      await ask(bea)
    },
    { always: 'hang', allowParallelSyncs: true },
    { concurrency: { regular: 1 } },
  ],
  [
    'every place is taken by runs as urgent',
    async ({ ask, ana, bea }) => {
      await ask(ana, { expedited: true })
      await ask(bea, { expedited: true })
    },
    { always: 'hang', allowParallelSyncs: true },
    { concurrency: { regular: 1 } },
  ],
  [
    'the run that shall make room does not listen',
    async ({ ask, ana, bea }) => {
      await ask(ana)
      await ask(bea, { expedited: true })
    },
    { always: 'ignore-abort', allowParallelSyncs: true },
    { concurrency: { regular: 1 } },
  ],
  [
    'every place for initialisation is taken',
    async ({ ask, bea }) => ask(bea),
    { always: 'hang', isAlwaysSyncable: false, allowParallelSyncs: true },
    { concurrency: { initialization: 1 } },
  ],
  [
    'the target is being initialised',
    async ({ ask, ana }) => ask(ana),
    { always: 'hang', isAlwaysSyncable: false, allowParallelSyncs: true },
  ],
  [
    'the adapter does not return',
    async ({ made, sync, ask, ana }) => {
      await ask(ana)
      await sync.cancelSync({ account: ana })
      await made.clock.advance(5_000)
      await ask(ana, { extras: { again: true } })
    },
    { always: 'ignore-abort' },
  ],
  [
    'the run before is in its grace period',
    async ({ sync, ask, ana }) => {
      await ask(ana)
      await sync.cancelSync({ account: ana })
      await ask(ana, { extras: { again: true } })
    },
    { always: 'ignore-abort' },
    { limits: { graceMs: 3_600_000 } },
  ],
  [
    'the account has to sign in',
    async ({ adapter, ask, ana }) => {
      adapter.next('auth', 'auth')
      await ask(ana)
      await ask(ana, { manual: false, ignoreSettings: true })
    },
  ],
  [
    'the network flaps',
    async ({ environment, ask, ana }) => {
      for (const network of ['none', 'unmetered', 'none', 'unmetered', 'none'] as const) environment.set({ network })
      await ask(ana)
    },
  ],
  ...NOT_READY.map((state): [string, Scenario] => [
    `the machine is not ready: ${JSON.stringify(state)}`,
    async ({ environment, ask, ana }) => {
      environment.set(state)
      await ask(ana, { requiresCharging: true, disallowMetered: true })
    },
  ]),
]

describe('an operation that is due and cannot start makes no turn', () => {
  it.each(SCENARIOS)('while %s', async (_name, scenario, adapterOptions, options) => {
    const world = await open(adapterOptions, options)
    await scenario(world)
    expect((await world.sync.getPendingSyncs()).length).toBeGreaterThan(0)
    await expectNoSpin(world)
  })

  it('while this process may not see the account, or has no adapter for it', async () => {
    const world = await open({ always: 'hang' })
    const { made, sync, ana } = world
    await sync.stop()
    const strangers = await made.another({ app: { id: 'com.example.stranger' } })
    const unseen = createFakeSyncAdapter({ isAlwaysSyncable: true })
    const stranger = await engine(made, { accounts: strangers, adapters: [unseen] })
    const without = await engine(made, { accounts: await made.another(), adapters: [] })
    for (const engine of [stranger, without]) {
      engine.sync.start()
      await engine.sync.whenIdle()
    }
    await sync.requestSync({ account: ana, authority: AUTHORITY, manual: true }).accepted
    for (const { turns } of [stranger, without]) await expectNoSpin({ made, turns })
    expect(unseen.runs).toEqual([])
    expect(await sync.getPendingSyncs()).toHaveLength(1)
  })
})

describe('processes that share operations which cannot start', () => {
  it('turn for what others commit, a few times each, and do not wake each other', async () => {
    const world = await open({ always: 'hang' })
    const { made, ana, bea, ask } = world
    const adapters = [createFakeSyncAdapter({ isAlwaysSyncable: true })]
    const other = await engine(made, { accounts: await made.another(), adapters })
    other.sync.start()
    await other.sync.whenIdle()
    let heard = 0
    other.sync.on('sync:changed', () => void heard++)
    await ask(ana)
    const rounds = 20
    const before = { here: world.turns(), there: other.turns() }
    for (let n = 0; n < rounds; n++) {
      const known = heard
      await ask(bea, { extras: { n } })
      while (heard === known) await settle()
    }
    await settle()
    // Each turn looks at the busy ones five times at most.
    expect(world.turns() - before.here).toBeLessThanOrEqual(rounds * 4 * 5)
    expect(other.turns() - before.there).toBeLessThanOrEqual(rounds * 4 * 5)
    await expectNoSpin(world)
    await expectNoSpin({ made, turns: other.turns })
    expect(adapters.flatMap(({ runs }) => runs)).toEqual([])
  })
})

describe('what asks for its next run itself', () => {
  it.each([
    ['periodMs', 0, RangeError],
    ['periodMs', Number.NaN, RangeError],
    ['periodMs', '1', TypeError],
    ['flexMs', -1, RangeError],
  ] as const)('has a period that can pass: adapter.defaults.%s is not %s', async (name, value, error) => {
    const made = await openTestManager()
    onTestFinished(() => made.close())
    const adapters = [createFakeSyncAdapter({ defaults: { periodMs: 3_600_000, [name]: value } })]
    const opening = SyncManager.open({ accounts: made.manager, adapters, clock: made.clock })
    await expect(opening).rejects.toThrow(`adapters[0].defaults.${name}`)
    await expect(opening).rejects.toBeInstanceOf(error)
  })

  it('has no shorter period than the engine allows', async () => {
    const { sync, ana } = await open({ defaults: { syncAutomatically: true, periodMs: 1_000 } })
    expect(await sync.getPeriodicSyncs({ account: ana })).toMatchObject([{ periodMs: 900_000 }])
  })

  it('waits when a full sync asks for a full sync again', async () => {
    const always = ({ result }: SyncContext): void => {
      result.fullSyncRequested = true
    }
    const world = await open({ always })
    await world.ask(world.ana)
    expect(world.adapter.runs.map(({ reason }) => reason)).toEqual(['user', 'full-sync-requested'])
    await expectNoSpin(world)
    expect(world.adapter.runs).toHaveLength(8)
  })
})
