import { arePeriodicSyncsEqual } from '@accountry/sync'
import { describe, expect, it } from 'vitest'
import { openWorld } from './support/world.ts'

describe('4.C the options of a request', () => {
  it('case 41: one request may carry extras and all one-off settings, for every account', async () => {
    const { sync, X } = await openWorld()
    const request = {
      authority: 'X',
      extras: { a: 1 },
      expedited: true,
      manual: true,
      doNotRetry: true,
      ignoreSettings: true,
    }
    expect(await sync.requestSync(request).done).toMatchObject({ outcome: 'success' })
    expect(X.runs).toHaveLength(2)
  })

  it('case 42: expedited alone is a whole request', async () => {
    const { sync, A1X } = await openWorld()
    expect(await sync.requestSync({ ...A1X, expedited: true }).done).toMatchObject({ outcome: 'success' })
  })

  it('case 44: expedited and periodic exclude each other', async () => {
    const { sync, A1X } = await openWorld()
    const request = { ...A1X, periodMs: 3_600_000, expedited: true }
    await expect(sync.addPeriodicSync(request)).rejects.toThrow(/expedited/)
  })

  it('case 47: a flex longer than the period is refused', async () => {
    const { sync, A1X } = await openWorld()
    await expect(sync.addPeriodicSync({ ...A1X, periodMs: 1_000_000, flexMs: 1_000_001 })).rejects.toThrow(RangeError)
    expect(await sync.getPeriodicSyncs(A1X)).toEqual([])
  })

  it('case 50: an unmetered network and ignored settings exclude each other', async () => {
    const { sync, A1X } = await openWorld()
    expect(() => sync.requestSync({ ...A1X, disallowMetered: true, ignoreSettings: true })).toThrow(TypeError)
  })

  it.each(['doNotRetry', 'ignoreBackoff', 'ignoreSettings', 'manual', 'expedited', 'initialize'])(
    'case 51: a periodic sync with %s is refused',
    async (setting) => {
      const { sync, A1X } = await openWorld()
      await expect(sync.addPeriodicSync({ ...A1X, periodMs: 3_600_000, [setting]: true })).rejects.toThrow(TypeError)
    },
  )

  it('case 52: a periodic sync without a period is refused', async () => {
    const { sync, A1X } = await openWorld()
    await expect(sync.addPeriodicSync({ ...A1X } as never)).rejects.toThrow(TypeError)
  })

  it('case 53: periodic syncs that differ in flex only are equal', async () => {
    const { A1X, A2X } = await openWorld()
    const one = { ...A1X, periodMs: 3_600_000, flexMs: 1_000 }
    expect(arePeriodicSyncsEqual(one, { ...one, flexMs: 2_000 })).toBe(true)
    expect(arePeriodicSyncsEqual(one, { ...one, periodMs: 3_600_001 })).toBe(false)
    expect(arePeriodicSyncsEqual(one, { ...one, ...A2X })).toBe(false)
  })
})
