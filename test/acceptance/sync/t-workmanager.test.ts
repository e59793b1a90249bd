import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, openWorld, record } from './support/world.ts'

describe('4.T what WorkManager does, adapted', () => {
  it('case 328: the first run of a periodic sync comes no earlier than one period less its flex', async () => {
    const { driver, sync, A1X, A1Y, X, advance } = await openWorld()
    const start = driver.clock.now()
    await sync.addPeriodicSync({ ...A1X, periodMs: HOUR, flexMs: 20 * MINUTE })
    await advance(39 * MINUTE)
    await sync.requestSync(A1Y).done
    expect(X.runs).toEqual([])
    await advance(2 * MINUTE)
    await sync.requestSync(A1Y).done
    await sync.whenIdle()
    expect(X.runs).toHaveLength(1)
    expect(await sync.getPeriodicSyncs(A1X)).toMatchObject([{ nextRunAt: start + 2 * HOUR }])
  })

  it.each([Number.POSITIVE_INFINITY, Number.NaN, -1])('case 329: a delay of %d is refused', async (notBeforeMs) => {
    const { sync, A1X } = await openWorld()
    expect(() => sync.requestSync({ ...A1X, notBeforeMs })).toThrow(RangeError)
    expect(await sync.getPendingSyncs()).toEqual([])
  })

  it('case 339: canceling takes the id of a handle, an account, an authority or everything; what is over stays over', async () => {
    const { sync, A1, A1X, A1Y, A2X, B1X } = await openWorld()
    const over = sync.requestSync(A1X)
    expect(await over.done).toMatchObject({ outcome: 'success' })
    const later = { notBeforeMs: MINUTE }
    const [byId, byAccount, byAuthority, byAll] = [A1X, A1Y, A2X, B1X].map((target) => {
      return sync.requestSync({ ...target, ...later })
    })
    expect(await sync.cancelSync({ id: byId?.id ?? '' })).toBe(1)
    expect(await sync.cancelSync({ account: A1 })).toBe(1)
    expect(await sync.cancelSync({ authority: 'X', account: A2X.account })).toBe(1)
    expect(await sync.cancelSync()).toBe(1)
    for (const handle of [byId, byAccount, byAuthority, byAll]) {
      expect(await handle?.done).toMatchObject({ outcome: 'canceled' })
    }
    expect(await sync.cancelSync({ id: over.id })).toBe(0)
    expect(await over.done).toMatchObject({ outcome: 'success' })
  })

  it.each(['ok', 'hard'] as const)(
    'case 344: after a periodic run that ended "%s" attempts count from one again',
    async (step) => {
      const { sync, A1X, X, advance } = await openWorld()
      await sync.addPeriodicSync({ ...A1X, periodMs: HOUR })
      X.next('soft', step)
      await advance(HOUR + MINUTE)
      await advance(2 * HOUR)
      expect(X.runs.slice(0, 3).map(({ attempt }) => attempt)).toEqual([1, 2, 1])
    },
  )

  it('case 345: an exception is a failure, a cancel is none', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    X.next(() => {
      throw new Error('broken')
    }, 'hang')
    await sync.requestSync({ ...A1X, manual: true }).done
    sync.requestSync({ ...A1X, manual: true })
    await settle()
    await sync.cancelSync(A1X)
    await sync.whenIdle()
    expect((await sync.getSyncStatus(A1X))?.totals).toMatchObject({ numFailures: 1, numCancels: 1 })
  })

  it('case 346, 347: an interruption queues it again and says why; after its end nothing is interrupted', async () => {
    const { driver, sync, A1X, X, settle } = await openWorld()
    const finished = record(sync, 'sync:finished')
    X.next('hang')
    sync.requestSync(A1X)
    await settle()
    driver.environment.network = 'none'
    await settle()
    expect(finished).toMatchObject([{ to: 'queued', result: 'network-lost' }])
    expect(finished[0]?.outcome).toBeUndefined()
    driver.environment.network = 'unmetered'
    await sync.whenIdle()
    driver.environment.network = 'none'
    await settle()
    expect((await sync.getHistory()).map(({ outcome, result }) => [outcome, result])).toEqual([
      ['success', 'success'],
      ['stopped', 'network-lost'],
    ])
  })
})
