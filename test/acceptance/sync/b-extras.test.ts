import { areExtrasEqual } from '@accountry/sync'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openWorld } from './support/world.ts'

const extra = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const extras = fc.dictionary(fc.string({ maxLength: 8 }), extra, { maxKeys: 6 })

describe('4.B extras and keys', () => {
  it('case 26: larger equal extras with a null and a string are equal', () => {
    const one = { a: null, b: 'text', c: 1, d: true, e: 2.5, f: 'g' }
    expect(areExtrasEqual(one, { ...one })).toBe(true)
  })

  it('case 27: an additional name, a null one too, makes them differ', () => {
    expect(areExtrasEqual({ a: 1 }, { a: 1, custom: null })).toBe(false)
  })

  it('case 28: one differing value makes them differ', () => {
    expect(areExtrasEqual({ a: 1, b: 2 }, { a: 1, b: 3 })).toBe(false)
  })

  it('case 29: null and a string differ', () => {
    expect(areExtrasEqual({ a: null }, { a: 'null' })).toBe(false)
  })

  it('case 30: null and a missing name differ', () => {
    expect(areExtrasEqual({ a: null }, {})).toBe(false)
  })

  it('case 32: two requests that differ in requiring charging only are two operations', async () => {
    const { sync, A1X } = await openWorld({ start: false })
    sync.requestSync(A1X)
    expect(sync.requestSync({ ...A1X, requiresCharging: true }).outcome).toBe('accepted')
    expect(await sync.getPendingSyncs()).toHaveLength(2)
  })

  it('case 33: time and priority do not make another operation', async () => {
    const { sync, A1X } = await openWorld({ start: false })
    sync.requestSync(A1X)
    expect(sync.requestSync({ ...A1X, notBeforeMs: 1_000 }).outcome).toBe('merged')
    expect(sync.requestSync({ ...A1X, expedited: true }).outcome).toBe('merged')
    expect(await sync.getPendingSyncs()).toHaveLength(1)
  })

  it('case 34: another account, authority or extras make another operation', async () => {
    const { sync, A1X, A1Y, A2X } = await openWorld({ start: false })
    for (const request of [A1X, A1Y, A2X, { ...A1X, extras: { a: 1 } }]) {
      expect(sync.requestSync(request).outcome).toBe('accepted')
    }
    expect(await sync.getPendingSyncs()).toHaveLength(4)
  })

  it('case 35: periodic syncs of other extras are others, of another period the same', async () => {
    const { sync, A1X } = await openWorld({ start: false })
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000 })
    await sync.addPeriodicSync({ ...A1X, periodMs: 7_200_000 })
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000, extras: { a: 1 } })
    expect((await sync.getPeriodicSyncs(A1X)).map(({ periodMs }) => periodMs)).toEqual([7_200_000, 3_600_000])
  })

  it('case 36: the order in which extras were written does not matter', async () => {
    const { sync, A1X } = await openWorld({ start: false })
    const { id } = sync.requestSync({ ...A1X, extras: { a: 1, b: 'x', c: null } })
    const again = sync.requestSync({ ...A1X, extras: { c: null, b: 'x', a: 1 } })
    expect(again).toMatchObject({ outcome: 'merged', id })
    fc.assert(fc.property(extras, (one) => areExtrasEqual(one, Object.fromEntries(Object.entries(one).reverse()))))
  })

  it('case 38: account and text in the extras survive a restart', async () => {
    const { driver, A1X, A2, X } = await openWorld({ start: false })
    const wanted = { other: A2, text: 'x', big: 12n }
    await driver.sync.requestSync({ ...A1X, extras: wanted }).accepted
    await driver.restart({ start: true })
    await driver.settle()
    expect(X.runs[0]?.extras).toEqual(wanted)
  })

  it('case 40: the run of a periodic sync knows its extras and is no periodic sync itself', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    await sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000, extras: { a: 1 } })
    await advance(3_600_000)
    expect(X.runs).toMatchObject([{ reason: 'periodic', extras: { a: 1 } }])
    expect(await sync.getPeriodicSyncs(A1X)).toHaveLength(1)
  })

  it('case 353: extras are compared as a whole, in both directions and across a third', () => {
    expect(areExtrasEqual({ force: true, expedited: true }, { custom: 1 })).toBe(false)
    fc.assert(
      fc.property(extras, extras, extras, (one, two, three) => {
        const same = areExtrasEqual(one, two)
        expect(areExtrasEqual(two, one)).toBe(same)
        if (same && areExtrasEqual(two, three)) expect(areExtrasEqual(one, three)).toBe(true)
      }),
    )
  })
})
