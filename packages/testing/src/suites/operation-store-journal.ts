import type { OperationStore } from '@accountry/sync'
import { expect, it } from 'vitest'
import { operation } from './operation-store-records.ts'
import type { StoreTools } from './operation-store-tools.ts'

export function describeJournal({ open, filled }: StoreTools): void {
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

export function describeSharing({ filled, reopen }: StoreTools): void {
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
