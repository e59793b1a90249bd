import { createFakeSyncAdapter } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { EventReader } from './support/event-reader.ts'
import { until } from './support/until.ts'
import { openWorld } from './support/world.ts'

describe('the event stream', () => {
  it('is a stream that nobody keeps, and begins by saying that everything may be new', async () => {
    await using world = await openWorld()
    await using events = await EventReader.open(await world.visit())
    expect(events.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    })
    expect(await events.next(() => true)).toEqual({ event: 'change', data: {} })
  })

  it('names accounts that changed here', async () => {
    await using world = await openWorld()
    await using events = await EventReader.open(await world.visit())
    const account = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await events.next(({ data }) => JSON.stringify(data).includes(account.id))
    await world.world.manager.renameAccount(account, 'ben')
    await events.next(({ data }) => JSON.stringify(data).includes(account.id))
    expect(events.transcript).not.toContain('ana')
  })

  it('names accounts that another process changed', async () => {
    await using world = await openWorld()
    await using events = await EventReader.open(await world.visit())
    const { authenticator } = world.world
    const other = await world.world.another({ authenticators: [authenticator] })
    const account = await other.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    expect(await events.next(({ data }) => JSON.stringify(data).includes(account.id))).toMatchObject({
      event: 'change',
    })
  })

  it('tells the progress of a run', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, always: 'hang' })
    await using world = await openWorld({ adapters: [adapter] })
    const account = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await using events = await EventReader.open(await world.visit())
    world.sync.start()
    world.sync.requestSync({ account, authority: 'tasks', manual: true })
    const [run] = await until(
      () => Promise.resolve(adapter.active),
      ({ length }) => length > 0,
    )
    run?.context.progress({ done: 1, total: 2 })
    expect(await events.next(({ event }) => event === 'progress')).toEqual({
      event: 'progress',
      data: { account: account.id, authority: 'tasks', progress: { done: 1, total: 2 } },
    })
  })

  it('reaches every browser that shows the page, and no more than twenty', async () => {
    await using world = await openWorld()
    const visitor = await world.visit()
    const streams = await Promise.all(Array.from({ length: 20 }, () => EventReader.open(visitor)))
    expect((await visitor.get('api/events')).status).toBe(503)
    for (const stream of streams) await stream.next(() => true)
    await world.sync.setMasterSyncAutomatically(false)
    await Promise.all(streams.map((stream) => stream.next(({ event }) => event === 'change')))
    await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()))
    await until(
      () => EventReader.open(visitor).catch(() => undefined),
      (stream) => stream !== undefined,
    )
  })

  it('ends when the page closes', async () => {
    await using world = await openWorld()
    await using events = await EventReader.open(await world.visit())
    const ended = events.whenEnded()
    await world.page.close()
    await ended
  })
})
