import { describe, expect, it } from 'vitest'
import { Child } from './support/child.ts'
import { failureOf } from './support/failures.ts'
import type { LeaseRequest } from './support/lease-holder.ts'
import { openLeaseRoom } from './support/lease-room.ts'
import { settle } from './support/settle.ts'
import { tempFolder } from './support/temp-folder.ts'

const HOLDER = new URL('support/lease-holder.ts', import.meta.url)
const LONG = { waitMs: 10_000 }

describe('a lease', () => {
  it('is held by one at a time, in the order in which they came', async () => {
    const { leases } = await openLeaseRoom(tempFolder())
    const order: number[] = []
    let holders = 0
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const lease = await leases.acquire('resource', LONG)
        expect(++holders).toBe(1)
        order.push(index)
        await settle()
        holders -= 1
        await lease?.release()
      }),
    )
    expect(order).toEqual(Array.from({ length: 12 }, (_, index) => index))
  })

  it('has a ticket that rises', async () => {
    const { leases } = await openLeaseRoom(tempFolder())
    const first = await leases.acquire('resource', LONG)
    await first?.release()
    const second = await leases.acquire('resource', LONG)
    expect(second?.ticket).toBeGreaterThan(first?.ticket ?? Number.NaN)
  })

  it('of one resource is no hindrance for another', async () => {
    const { leases } = await openLeaseRoom(tempFolder())
    await leases.acquire('one', LONG)
    expect(await leases.acquire('other', LONG)).toBeDefined()
  })

  it('can be released twice, and belongs to the next afterwards', async () => {
    const { leases } = await openLeaseRoom(tempFolder())
    const first = await leases.acquire('resource', LONG)
    await first?.release()
    const second = await leases.acquire('resource', LONG)
    await first?.release()
    const third = failureOf(leases.acquire('resource', { waitMs: 30 }))
    expect(await third).toMatchObject({ code: 'ERR_LOCK_TIMEOUT' })
    await second?.release()
  })

  it('is handed over inside a transaction of its holder, or not at all', async () => {
    const { database, leases } = await openLeaseRoom(tempFolder())
    const lease = await leases.acquire('resource', LONG)
    await failureOf(
      database.write(() => {
        lease?.releaseInside()
        throw new Error('rolled back')
      }),
    )
    expect(await failureOf(leases.acquire('resource', { waitMs: 20 }))).toMatchObject({ code: 'ERR_LOCK_TIMEOUT' })
    await database.write(() => lease?.releaseInside())
    expect(await leases.acquire('resource', LONG)).toBeDefined()
  })
})

describe('whoever waits for a lease', () => {
  it('gives up at the time limit, retryably, and leaves the queue', async () => {
    const { database, leases } = await openLeaseRoom(tempFolder())
    await leases.acquire('resource', LONG)
    const failure = leases.acquire('resource', { waitMs: 30 })
    await expect(failure).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT', retryable: true })
    expect(database.prepare('SELECT count(*) AS n FROM lease').get()).toEqual({ n: 1 })
  })

  it('gives up when the caller aborts, and leaves the queue', async () => {
    const { database, leases } = await openLeaseRoom(tempFolder())
    await leases.acquire('resource', LONG)
    const controller = new AbortController()
    const waiting = leases.acquire('resource', { ...LONG, signal: controller.signal })
    await settle()
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED', reason: 'caller' })
    expect(database.prepare('SELECT count(*) AS n FROM lease').get()).toEqual({ n: 1 })
  })

  it('leaves the queue when somebody else did the work', async () => {
    const { database, leases } = await openLeaseRoom(tempFolder())
    await leases.acquire('resource', LONG)
    let asked = 0
    const waiting = leases.acquire('resource', { ...LONG, isAnswered: () => ++asked === 3 })
    expect(await waiting).toBeUndefined()
    expect(asked).toBe(3)
    expect(database.prepare('SELECT count(*) AS n FROM lease').get()).toEqual({ n: 1 })
  })

  it('leaves the queue with the error of what it looked at', async () => {
    const { database, leases } = await openLeaseRoom(tempFolder())
    await leases.acquire('resource', LONG)
    const waiting = leases.acquire('resource', {
      ...LONG,
      isAnswered: () => {
        throw new Error('the account was removed')
      },
    })
    await expect(waiting).rejects.toThrow('the account was removed')
    expect(database.prepare('SELECT count(*) AS n FROM lease').get()).toEqual({ n: 1 })
  })
})

describe('across processes', () => {
  it('those who wait are served in the order in which they came', async () => {
    const folder = tempFolder()
    const { leases } = await openLeaseRoom(folder)
    const own = await leases.acquire('resource', LONG)
    const [first, second] = [new Child<LeaseRequest, number>(HOLDER), new Child<LeaseRequest, number>(HOLDER)]
    const one = first.ask({ do: 'acquire', folder })
    await waitersIn(folder, 2)
    const other = second.ask({ do: 'acquire', folder })
    await waitersIn(folder, 3)
    await own?.release()
    const ticket = await one
    await first.ask({ do: 'release' })
    expect(await other).toBeGreaterThan(ticket)
  })

  it('the lease of a killed process passes on, with what it had intended', async () => {
    const folder = tempFolder()
    const holder = new Child<LeaseRequest, number>(HOLDER)
    await holder.ask({ do: 'acquire', folder, intent: 'renew' })
    const { leases } = await openLeaseRoom(folder)
    const waiting = leases.acquire('resource', LONG)
    await settle()
    await holder.kill()
    expect((await waiting)?.inheritedIntent).toBe('renew')
  })

  it('the intent of a process that died before anybody waited is found by the next', async () => {
    const folder = tempFolder()
    const holder = new Child<LeaseRequest, number>(HOLDER)
    await holder.ask({ do: 'acquire', folder, intent: 'renew' })
    await holder.kill()
    const { leases } = await openLeaseRoom(folder)
    expect((await leases.acquire('resource', LONG))?.inheritedIntent).toBe('renew')
  })

  it('the oldest intent is inherited when several holders died one after the other', async () => {
    const folder = tempFolder()
    const first = new Child<LeaseRequest, number>(HOLDER)
    await first.ask({ do: 'acquire', folder, intent: 'first' })
    await first.kill()
    const second = new Child<LeaseRequest, number>(HOLDER)
    await second.ask({ do: 'acquire', folder })
    await second.kill()
    const { leases } = await openLeaseRoom(folder)
    expect((await leases.acquire('resource', LONG))?.inheritedIntent).toBe('first')
  })

  it('a waiter that dies keeps nobody waiting', async () => {
    const folder = tempFolder()
    const { leases } = await openLeaseRoom(folder)
    const own = await leases.acquire('resource', LONG)
    const waiter = new Child<LeaseRequest, number>(HOLDER)
    const abandoned = waiter.ask({ do: 'acquire', folder }).catch(() => 'died')
    await waitersIn(folder, 2)
    const third = leases.acquire('resource', LONG)
    await waiter.kill()
    expect(await abandoned).toBe('died')
    await own?.release()
    expect(await third).toBeDefined()
  })

  it('a holder that was stopped keeps its lease', async () => {
    const folder = tempFolder()
    const holder = new Child<LeaseRequest, number>(HOLDER)
    await holder.ask({ do: 'acquire', folder })
    await holder.stop()
    const { leases } = await openLeaseRoom(folder)
    await expect(leases.acquire('resource', { waitMs: 100 })).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' })
    await holder.resume()
    await holder.ask({ do: 'release' })
    expect(await leases.acquire('resource', LONG)).toBeDefined()
  })

  async function waitersIn(folder: string, count: number): Promise<void> {
    const { database } = await openLeaseRoom(folder)
    while (Number(database.prepare('SELECT count(*) AS n FROM lease').get()?.['n']) < count) await settle()
  }
})
