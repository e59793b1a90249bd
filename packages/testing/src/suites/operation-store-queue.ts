import { expect, it } from 'vitest'
import { NOW, operation, periodicOf, target } from './operation-store-records.ts'
import type { StoreTools } from './operation-store-tools.ts'

export function describeOperations({ filled }: StoreTools): void {
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

  describeOperationChanges({ filled })
}

function describeOperationChanges({ filled }: Pick<StoreTools, 'filled'>): void {
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

export function describePeriodics({ filled }: StoreTools): void {
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
