import type { OperationStore, TargetRecord } from '@accountry/sync'
import { afterEach, describe, expect, it } from 'vitest'
import { NOW, operation, service, target } from './operation-store-records.ts'

/** How the suite gets stores of the implementation under test. */
export interface OperationStoreFixture {
  /** Opens a store on an empty place. */
  open(): Promise<OperationStore>
  /** Opens another instance on the place of `store`, as another process does. */
  reopen(store: OperationStore): Promise<OperationStore>
}

/**
 * The specification of an {@link OperationStore}: what the sync engine relies on. Run it in a test of your own store.
 *
 * @example
 * ```ts
 * describeOperationStore('my store', { open: () => openMyStore(newFolder()), reopen: (store) => openMyStore(folderOf(store)) })
 * ```
 */
export function describeOperationStore(name: string, fixture: OperationStoreFixture): void {
  describe(`${name} keeps what the sync engine must not lose`, () => {
    const stores: OperationStore[] = []
    afterEach(() => {
      for (const store of stores.splice(0)) store.close()
    })
    const open = async (): Promise<OperationStore> => {
      const store = await fixture.open()
      stores.push(store)
      return store
    }
    const reopen = async (store: OperationStore): Promise<OperationStore> => {
      const other = await fixture.reopen(store)
      stores.push(other)
      return other
    }
    /** A store with one service and one target. */
    const filled = async (): Promise<{ store: OperationStore; place: TargetRecord }> => {
      const store = await open()
      const place = await store.write(() => store.targets.insert(target(store.services.put(service()).id)))
      return { store, place }
    }
    describeWrites({ open, reopen, filled })
    describeServices({ open, reopen, filled })
    describeTargets({ open, reopen, filled })
    describeTargetChanges({ open, reopen, filled })
    describeOperations({ open, reopen, filled })
    describePeriodics({ open, reopen, filled })
    describeJournal({ open, reopen, filled })
    describeSharing({ open, reopen, filled })
  })
}

interface Tools {
  open(): Promise<OperationStore>
  reopen(store: OperationStore): Promise<OperationStore>
  filled(): Promise<{ store: OperationStore; place: TargetRecord }>
}

function describeWrites({ open, filled, reopen }: Tools): void {
  it('makes all changes of a write, or none when it throws', async () => {
    const { store, place } = await filled()
    const failing = store.write(() => {
      store.operations.insert(operation(place))
      store.setMeta('name', 'value')
      throw new RangeError('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    expect(store.operations.listOf(place.id)).toEqual([])
    expect(store.getMeta('name')).toBeUndefined()
  })

  it('returns what the write returned, and shows inside it what was changed before', async () => {
    const { store, place } = await filled()
    const seen = await store.write(() => {
      store.operations.insert(operation(place))
      return store.operations.listOf(place.id).length
    })
    expect(seen).toBe(1)
  })

  it('keeps small named values, the last of each', async () => {
    const store = await open()
    expect(store.getMeta('x')).toBeUndefined()
    await store.write(() => store.setMeta('x', '1'))
    await store.write(() => store.setMeta('x', '2'))
    expect(store.getMeta('x')).toBe('2')
  })

  it('has everything after it was opened again', async () => {
    const { store, place } = await filled()
    const wanted = operation(place, { extras: '{"a":1}', periodic: 3, claimedBy: 'x', startedAt: 5, stop: 'canceled' })
    await store.write(() => store.operations.insert(wanted))
    const again = await reopen(store)
    expect(again.operations.get(wanted.id)).toEqual(wanted)
    expect(again.targets.get(place.id)).toEqual(place)
    expect(again.services.list()).toEqual(store.services.list())
  })
}

function describeServices({ open }: Tools): void {
  it('has one service for each account type and authority, and updates what is known of it', async () => {
    const store = await open()
    const [one, again, other] = await store.write(() => [
      store.services.put(service()),
      store.services.put(service({ network: 'none', defaultAuto: true, defaultPeriodMs: 5, defaultFlexMs: 1 })),
      store.services.put(service({ accountType: 'type2' })),
    ])
    expect(again?.id).toBe(one?.id)
    expect(other?.id).not.toBe(one?.id)
    expect(store.services.find('type1', 'X')).toEqual(again)
    expect(store.services.get(other?.id ?? 0)).toEqual(other)
    expect(store.services.find('type1', 'Z')).toBeUndefined()
    expect(store.services.list()).toHaveLength(2)
  })
}

function describeTargets({ filled }: Tools): void {
  it('finds a target by account and authority, and saves all of its fields', async () => {
    const { store, place } = await filled()
    const changed: TargetRecord = {
      ...place,
      syncable: -1,
      auto: false,
      backoffMs: 30_000,
      backoffUntilAt: NOW + 1,
      delayUntilAt: NOW + 2,
      delaySetAt: NOW,
      parkedAt: NOW,
      parkedReason: 'x',
      parkedRevision: 7,
      deletionsHeld: 4,
      cursor: 'cursor',
      status: '{"totals":{}}',
    }
    await store.write(() => store.targets.save(changed))
    expect(store.targets.find('a', 'X')).toEqual(changed)
    expect(store.targets.find('b', 'X')).toBeUndefined()
  })

  it('lists targets by account, authority, service, switch, parking and waits', async () => {
    const { store, place } = await filled()
    await store.write(() => {
      store.targets.insert(target(place.service, { accountId: 'b', auto: false, parkedAt: NOW }))
      store.targets.insert(target(place.service, { accountId: 'c', backoffUntilAt: NOW }))
      store.targets.insert(target(place.service, { accountId: 'd', delayUntilAt: NOW, authority: 'Y' }))
    })
    const ids = (filter: Parameters<OperationStore['targets']['list']>[0]): string[] =>
      store.targets.list(filter).map(({ accountId }) => accountId)
    expect(ids({})).toEqual(['a', 'b', 'c', 'd'])
    expect(ids({ accountId: 'b' })).toEqual(['b'])
    expect(ids({ authority: 'Y' })).toEqual(['d'])
    expect(ids({ service: place.service + 1 })).toEqual([])
    expect(ids({ auto: true })).toEqual(['a', 'c', 'd'])
    expect(ids({ parked: true })).toEqual(['b'])
    expect(ids({ backedOff: true })).toEqual(['c'])
    expect(ids({ waits: true })).toEqual(['c', 'd'])
    expect(store.targets.accounts()).toContainEqual({ accountId: 'c', accountType: 'type1' })
  })
}

function describeTargetChanges({ filled }: Tools): void {
  it('removes a target with everything that belongs to it, and never uses its row again', async () => {
    const { store, place } = await filled()
    await store.write(() => {
      store.operations.insert(operation(place))
      store.periodics.insert(periodicOf(place))
    })
    await store.write(() => store.targets.delete(place.id))
    expect(store.operations.countWaiting()).toBe(0)
    expect(store.periodics.listOf(place.id)).toEqual([])
    const next = await store.write(() => store.targets.insert(target(place.service)))
    expect(next.id).toBeGreaterThan(place.id)
  })

  it('moves a target to another service, with its operations and periodic syncs', async () => {
    const { store, place } = await filled()
    const other = await store.write(() => {
      store.operations.insert(operation(place))
      store.periodics.insert(periodicOf(place))
      return store.services.put(service({ authority: 'Y' }))
    })
    await store.write(() => store.targets.move(place.id, other))
    expect(store.targets.find('a', 'Y')).toMatchObject({ id: place.id, service: other.id })
    expect(store.operations.listOf(place.id)).toMatchObject([{ service: other.id }])
    expect(store.periodics.listOf(place.id)).toMatchObject([{ service: other.id }])
  })

  it('moves waits with the clock, and leaves alone who does not wait', async () => {
    const { store, place } = await filled()
    const waiting = await store.write(() => {
      const made = target(place.service, { accountId: 'b', backoffUntilAt: 100, delayUntilAt: 200, delaySetAt: 50 })
      return store.targets.insert(made)
    })
    await store.write(() => store.targets.shiftWaits(1_000))
    expect(store.targets.get(waiting.id)).toMatchObject({
      backoffUntilAt: 1_100,
      delayUntilAt: 1_200,
      delaySetAt: 1_050,
    })
    expect(store.targets.get(place.id)).toEqual(place)
  })
}

function describeOperations({ filled }: Tools): void {
  it('finds the waiting operation of a key, but not one that has begun', async () => {
    const { store, place } = await filled()
    const [queued, running] = [operation(place, { extras: '{"a":1}' }), operation(place, { state: 'running' })]
    await store.write(() => {
      store.operations.insert(queued)
      store.operations.insert(running)
    })
    expect(store.operations.findWaiting(place.id, 0, '{"a":1}')).toEqual(queued)
    expect(store.operations.findWaiting(place.id, 1, '{"a":1}')).toBeUndefined()
    expect(store.operations.findWaiting(place.id, 0, '{}')).toBeUndefined()
    expect(store.operations.listBusy()).toEqual([running])
    expect(store.operations.listOf(place.id)).toEqual([queued, running])
    expect(store.operations.listWaiting()).toEqual([queued])
    expect(store.operations.countWaiting()).toBe(1)
  })

  it('knows with a target whether anything of it waits', async () => {
    const { store, place } = await filled()
    const look = (): unknown => store.targets.findForRequest('a', 'X')
    expect(look()).toEqual({ target: place, hasWaiting: false })
    await store.write(() => store.operations.insert(operation(place, { state: 'running' })))
    expect(look()).toEqual({ target: place, hasWaiting: false })
    await store.write(() => store.operations.insert(operation(place, { state: 'parked' })))
    expect(look()).toEqual({ target: place, hasWaiting: true })
    expect(store.targets.findForRequest('b', 'X')).toBeUndefined()
  })

  it('lists what is due of one service, gate and lane, the earliest first, and knows what comes next', async () => {
    const { store, place } = await filled()
    await store.write(() => {
      for (const dueAt of [30, 10, 20, 99]) store.operations.insert(operation(place, { extras: `${dueAt}`, dueAt }))
      store.operations.insert(operation(place, { dueAt: 5, lane: 1 }))
      store.operations.insert(operation(place, { dueAt: 5, gate: 2 }))
      store.operations.insert(operation(place, { dueAt: 5, state: 'held' }))
    })
    const query = { service: place.service, gate: 1, lane: 2, now: 30 } as const
    expect(store.operations.listDue(query, 10).map(({ dueAt }) => dueAt)).toEqual([10, 20, 30])
    expect(store.operations.listDue(query, 2).map(({ dueAt }) => dueAt)).toEqual([10, 20])
    expect(store.operations.listDue({ ...query, exceptTargets: [place.id + 1] }, 10)).toHaveLength(3)
    expect(store.operations.listDue({ ...query, exceptTargets: [place.id] }, 10)).toEqual([])
    expect(store.operations.nextDueAt({ service: place.service, gate: 1, now: 30 })).toBe(99)
    expect(store.operations.nextDueAt({ service: place.service, gate: 1, now: 99 })).toBeUndefined()
  })

  it('says whether an operation that it should save is still there', async () => {
    const { store, place } = await filled()
    const made = operation(place)
    expect(await store.write(() => store.operations.save(made))).toBe(false)
    await store.write(() => store.operations.insert(made))
    expect(await store.write(() => store.operations.save({ ...made, attempt: 3 }))).toBe(true)
    expect(store.operations.get(made.id)?.attempt).toBe(3)
    await store.write(() => store.operations.delete(made.id))
    expect(store.operations.get(made.id)).toBeUndefined()
  })

  it('lets no target, and no slot, be busy twice', async () => {
    const { store, place } = await filled()
    const other = await store.write(() => store.targets.insert(target(place.service, { accountId: 'b' })))
    await store.write(() => store.operations.insert(operation(place, { state: 'running', slot: 'one' })))
    for (const second of [operation(place, { state: 'stuck' }), operation(other, { state: 'running', slot: 'one' })]) {
      await expect(store.write(() => store.operations.insert(second))).rejects.toThrow()
    }
    await store.write(() => store.operations.insert(operation(other, { state: 'running', slot: 'two' })))
    expect(store.operations.listBusy()).toHaveLength(2)
  })

  it('keeps the progress of a run, moves what waits with the clock, and knows what claims to be of the future', async () => {
    const { store, place } = await filled()
    const [queued, running] = [operation(place), operation(place, { state: 'running', periodic: 9 })]
    await store.write(() => {
      store.operations.insert(queued)
      store.operations.insert(running)
      store.operations.setProgress(running.id, '{"done":1}')
      store.operations.shiftWaits(500)
    })
    expect(store.operations.getProgress(running.id)).toBe('{"done":1}')
    expect(store.operations.getProgress(queued.id)).toBeUndefined()
    expect(store.operations.get(queued.id)).toMatchObject({ notBeforeAt: NOW + 500, dueAt: NOW + 500 })
    expect(store.operations.get(running.id)).toMatchObject({ dueAt: NOW })
    expect(store.operations.listCreatedAfter(NOW - 1)).toHaveLength(1)
    expect(store.operations.listCreatedAfter(NOW)).toEqual([])
    expect([store.operations.hasOfPeriodic(9), store.operations.hasOfPeriodic(8)]).toEqual([true, false])
  })
}

function periodicOf(place: TargetRecord, fields: object = {}): Parameters<OperationStore['periodics']['insert']>[0] {
  const made = { target: place.id, service: place.service, extras: '{}', periodMs: 1_000, flexMs: 100, dueAt: NOW }
  return { ...made, armed: true, createdAt: 0, ...fields }
}

function describePeriodics({ filled }: Tools): void {
  it('keeps periodic syncs by target and extras', async () => {
    const { store, place } = await filled()
    const made = await store.write(() => store.periodics.insert(periodicOf(place)))
    expect(store.periodics.find(place.id, '{}')).toEqual(made)
    expect(store.periodics.find(place.id, '{"a":1}')).toBeUndefined()
    await store.write(() => store.periodics.save({ ...made, periodMs: 5 }))
    expect(store.periodics.get(made.id)).toEqual({ ...made, periodMs: 5 })
    await store.write(() => store.periodics.delete(made.id))
    expect(store.periodics.listOf(place.id)).toEqual([])
  })

  it('lists those that are due, those that may run early, and those beyond their period, if they are armed', async () => {
    const { store, place } = await filled()
    const [first, second, far] = await store.write(() => [
      store.periodics.insert(periodicOf(place)),
      store.periodics.insert(periodicOf(place, { extras: '{"b":1}', dueAt: NOW + 50 })),
      store.periodics.insert(periodicOf(place, { extras: '{"c":1}', dueAt: NOW + 10_000 })),
      store.periodics.insert(periodicOf(place, { extras: '{"d":1}', armed: false })),
    ])
    expect(store.periodics.listDue(place.service, NOW, 10)).toEqual([first])
    expect(store.periodics.listOpen(place.service, NOW, 10)).toEqual([first, second])
    expect(store.periodics.listOpen(place.service, NOW, 1)).toEqual([first])
    expect(store.periodics.listBeyondPeriod(NOW, 100)).toEqual([far])
    expect(store.periodics.nextDueAt(place.service)).toBe(NOW)
    await store.write(() => store.periodics.armOf(place.id, false))
    expect(store.periodics.nextDueAt(place.service)).toBeUndefined()
  })

  it('arms those whose target is on and syncable, or none', async () => {
    const { store, place } = await filled()
    const off = await store.write(() => {
      const made = store.targets.insert(target(place.service, { accountId: 'b', auto: false }))
      for (const one of [place, made]) store.periodics.insert(periodicOf(one, { armed: false }))
      return made
    })
    const armed = (): boolean[] => [place, off].map(({ id }) => store.periodics.listOf(id)[0]?.armed === true)
    await store.write(() => store.periodics.armAll(true))
    expect(armed()).toEqual([true, false])
    await store.write(() => store.periodics.armAll(false))
    expect(armed()).toEqual([false, false])
  })
}

function describeJournal({ open, filled }: Tools): void {
  const item = {
    operation: 'op',
    accountId: 'a',
    accountType: 'type1',
    authority: 'X',
    startedAt: 1,
    durationMs: 2,
    outcome: 'success',
    result: 'success',
    reason: 'app',
    source: 'other',
    initialize: false,
    stats: '{}',
    message: undefined,
  }

  it('keeps so many runs, the newest first, by account and authority', async () => {
    const store = await open()
    await store.write(() => {
      for (const accountId of ['a', 'b', 'a', 'b']) store.journal.addHistory({ ...item, accountId, message: 'x' }, 3)
    })
    const all = store.journal.listHistory({ limit: 10 })
    expect(all.map(({ accountId }) => accountId)).toEqual(['b', 'a', 'b'])
    expect(all[0]).toEqual({ ...item, accountId: 'b', message: 'x', id: all[0]?.id })
    expect(store.journal.listHistory({ accountId: 'a', limit: 10 })).toHaveLength(1)
    expect(store.journal.listHistory({ authority: 'Y', limit: 10 })).toEqual([])
    expect(store.journal.listHistory({ limit: 1 })).toEqual([all[0]])
    await store.write(() => store.journal.deleteHistoryOf('b'))
    expect(store.journal.listHistory({ limit: 10 })).toHaveLength(1)
  })

  it('keeps so many days, the newest first', async () => {
    const store = await open()
    const day = { successCount: 1, successMs: 2, failureCount: 3, failureMs: 4 }
    await store.write(() => {
      for (const number of [1, 2, 3, 3]) store.journal.saveDay({ ...day, day: number }, 2)
    })
    expect(store.journal.listDays()).toEqual([
      { ...day, day: 3 },
      { ...day, day: 2 },
    ])
    expect(store.journal.getDay(2)).toEqual({ ...day, day: 2 })
    expect(store.journal.getDay(1)).toBeUndefined()
  })

  it('hands outcomes on in order, from where one stopped reading', async () => {
    const { store } = await filled()
    const start = store.journal.lastOutcomeSeq()
    await store.write(() => {
      store.journal.addOutcome('one', '{}', 10)
      store.journal.addOutcome('two', '{}', 20)
    })
    const [first, second] = store.journal.listOutcomes(start)
    expect([first?.operation, second?.operation]).toEqual(['one', 'two'])
    expect(store.journal.listOutcomes(first?.seq ?? 0)).toEqual([second])
    await store.write(() => store.journal.deleteOutcomesBefore(15))
    expect(store.journal.listOutcomes(start)).toEqual([second])
    expect(store.journal.lastOutcomeSeq()).toBe(second?.seq)
  })
}

function describeSharing({ filled, reopen }: Tools): void {
  it('gives each instance an id of its own, and knows who is alive', async () => {
    const { store } = await filled()
    const other = await reopen(store)
    expect(other.owner).not.toBe(store.owner)
    expect([store.isAlive(other.owner), other.isAlive(store.owner), store.isAlive(store.owner)]).toEqual([
      true,
      true,
      true,
    ])
    const { owner } = other
    other.close()
    expect(store.isAlive(owner)).toBe(false)
  })

  it('shows another instance what was written, changes its version, and tells it soon', async () => {
    const { store, place } = await filled()
    const other = await reopen(store)
    const before = other.dataVersion()
    const told = new Promise<void>((resolve) => void other.onChange(resolve))
    const made = operation(place)
    await store.write(() => store.operations.insert(made))
    expect(other.operations.get(made.id)).toEqual(made)
    expect(other.dataVersion()).not.toBe(before)
    await told
  })

  it('does not take its own commits for those of others', async () => {
    const { store, place } = await filled()
    const before = store.dataVersion()
    await store.write(() => store.operations.insert(operation(place)))
    expect(store.dataVersion()).toBe(before)
  })

  it('lets two instances write at the same time without losing either', async () => {
    const { store, place } = await filled()
    const other = await reopen(store)
    const add = (one: OperationStore): Promise<void> => one.write(() => one.operations.insert(operation(place)))
    await Promise.all(Array.from({ length: 40 }, (_, index) => add(index % 2 === 0 ? store : other)))
    expect(store.operations.listOf(place.id)).toHaveLength(40)
  })
}
