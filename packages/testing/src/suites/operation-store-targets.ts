import type { OperationStore, TargetRecord } from '@accountry/sync'
import { expect, it } from 'vitest'
import { NOW, operation, periodicOf, service, target } from './operation-store-records.ts'
import type { StoreTools } from './operation-store-tools.ts'

export function describeWrites({ open, filled, reopen }: StoreTools): void {
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

export function describeServices({ open }: StoreTools): void {
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

export function describeTargets({ filled }: StoreTools): void {
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

export function describeTargetChanges({ filled }: StoreTools): void {
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
