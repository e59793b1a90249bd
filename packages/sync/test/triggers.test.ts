import { AccountError } from '@accountry/accounts'
import { createFakeSyncAdapter, SyncTestDriver } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createEventSourceTrigger } from '../src/push/event-source-trigger.ts'
import type { SyncTriggerOptions } from '../src/push/sync-trigger.ts'
import { createWebSocketTrigger } from '../src/push/web-socket-trigger.ts'
import { eventServer, started, stream, surroundings, untilState } from './support/push-surroundings.ts'
import { WebSocketServer } from './support/web-socket-server.ts'

describe('server-sent events', () => {
  it('ask for a sync of the target, with the token of the account', async () => {
    const { pushes, until, options, account } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url }))
    const response = await server.next()
    stream(response)
    await untilState(trigger, 'open')
    expect(pushes).toEqual([])
    response.write('data: {}\n\n')
    await until(1)
    expect(pushes).toEqual([{ account, authority: 'tasks' }])
    expect(server.requests[0]?.headers).toMatchObject({ accept: 'text/event-stream', authorization: /^Bearer / })
  })

  it('may be about another target, or about nothing, and only some types may count', async () => {
    const { pushes, until, options, account } = await surroundings()
    const server = await eventServer()
    const target = ({ data }: { data: string }): { authority: string; extras: object } | undefined => {
      return data === 'nothing' ? undefined : { authority: data, extras: { from: 'push' } }
    }
    started(createEventSourceTrigger({ ...options, url: server.url, events: ['change'], target: target as never }))
    stream(await server.next(), 'data: ignored\n\nevent: change\ndata: nothing\n\nevent: change\ndata: notes\n\n')
    await until(1)
    expect(pushes).toEqual([{ account, authority: 'notes', extras: { from: 'push' } }])
  })

  it('that the app cannot read are a reason to look', async () => {
    const { pushes, until, options } = await surroundings()
    const server = await eventServer()
    started(createEventSourceTrigger({ ...options, url: server.url, target: ({ data }) => JSON.parse(data) }))
    stream(await server.next(), 'data: {broken\n\n')
    await until(1)
    expect(pushes).toMatchObject([{ authority: 'tasks' }])
  })

  it('are listened to again after a loss, from the last id, and what was missed is looked for', async () => {
    const { clock, pushes, until, options } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url }))
    const first = await server.next()
    stream(first, 'id: 7\ndata: x\n\n')
    await until(1)
    first.end()
    await untilState(trigger, 'waiting')
    await clock.advance(1_000)
    stream(await server.next())
    await until(2)
    expect(server.requests[1]?.headers['last-event-id']).toBe('7')
    expect(pushes).toHaveLength(2)
  })

  it('wait longer after each failure, or as long as the server asks', async () => {
    const { clock, options } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url, reconnect: { initialMs: 2_000 } }))
    const waits: number[] = []
    for (const headers of [{}, {}, {}, { 'retry-after': '120' }]) {
      const response = await server.next()
      response.writeHead(503, headers).end()
      await untilState(trigger, 'waiting')
      waits.push(clock.nextTimerMs ?? 0)
      await clock.advance(clock.nextTimerMs ?? 0)
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 120_000])
  })

  it('try one other token when the first is refused, then wait for the person', async () => {
    const { world, account, options } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url }))
    for (let n = 0; n < 2; n++) (await server.next()).writeHead(401).end()
    await untilState(trigger, 'parked')
    const [first, second] = server.requests.map(({ headers }) => headers.authorization)
    expect(second).not.toBe(first)
    await world.manager.setPassword(account, 'another')
    stream(await server.next())
    await untilState(trigger, 'open')
    expect(server.requests).toHaveLength(3)
  })

  it('wait for the person when there is no token', async () => {
    const { world, account, options } = await surroundings()
    const server = await eventServer()
    let refuses = true
    const accounts: SyncTriggerOptions['accounts'] = {
      getAuthToken: async (...args) => {
        if (refuses) throw new AccountError('ERR_INTERACTION_REQUIRED', 'sign in')
        return await world.manager.getAuthToken(...args)
      },
      authorizeRequest: (...args) => world.manager.authorizeRequest(...args),
      invalidateAuthToken: async () => undefined,
      on: (...args) => world.manager.on(...args),
      off: (...args) => world.manager.off(...args),
    }
    const trigger = started(createEventSourceTrigger({ ...options, accounts, url: server.url }))
    await untilState(trigger, 'parked')
    refuses = false
    await world.manager.setPassword(account, 'another')
    stream(await server.next())
    await untilState(trigger, 'open')
  })

  it('end for good when the server says that there are none', async () => {
    const { options } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url }))
    ;(await server.next()).writeHead(204).end()
    await untilState(trigger, 'closed')
  })

  it('of a connection that has gone silent are asked for on a new one', async () => {
    const { clock, options } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url, idleTimeoutMs: 60_000 }))
    stream(await server.next())
    await untilState(trigger, 'open')
    await clock.advance(60_000)
    await untilState(trigger, 'waiting')
    await clock.advance(1_000)
    await server.next()
    expect(server.requests).toHaveLength(2)
  })

  it('do not follow a redirect, which could carry the token away', async () => {
    const { options } = await surroundings()
    const server = await eventServer()
    const elsewhere = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url }))
    ;(await server.next()).writeHead(302, { location: elsewhere.url }).end()
    await untilState(trigger, 'waiting')
    expect(elsewhere.requests).toEqual([])
  })

  it.each(['http://example.com/events', 'ftp://127.0.0.1/', 'no URL'])('are not taken from %s', async (url) => {
    const { options } = await surroundings()
    expect(() => createEventSourceTrigger({ ...options, url })).toThrow(TypeError)
  })

  it('make the engine run the adapter, once for many messages', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, defaults: { syncAutomatically: true } })
    const driver = await SyncTestDriver.open({ adapters: [adapter] })
    onTestFinished(() => driver.close())
    const account = await driver.addAccount('ana')
    await driver.sync.whenIdle()
    const before = adapter.runs.length
    const server = await eventServer()
    const { sync, accounts } = driver
    started(createEventSourceTrigger({ sync, accounts, account, authority: 'tasks', url: server.url }))
    const finished = new Promise((resolve) => sync.once('sync:finished', resolve))
    stream(await server.next(), 'data: 1\n\ndata: 2\n\ndata: 3\n\n')
    await finished
    await sync.whenIdle()
    expect(adapter.runs.slice(before)).toMatchObject([{ reason: 'push' }])
    expect((await sync.getHistory())[0]).toMatchObject({ source: 'feed' })
  })
})

describe('messages of a WebSocket', () => {
  it('ask for a sync of the target, with the token of the account in the handshake', async () => {
    const { pushes, until, options, account } = await surroundings()
    await using server = await WebSocketServer.start()
    const trigger = started(createWebSocketTrigger({ ...options, url: server.url }))
    await untilState(trigger, 'open')
    server.send('news')
    await until(1)
    expect(pushes).toEqual([{ account, authority: 'tasks' }])
    expect(server.requests[0]?.headers.authorization).toMatch(/^Bearer /)
    await trigger.close()
    expect(trigger.state).toBe('closed')
  })

  it('are listened to again after a loss', async () => {
    const { clock, pushes, until, options } = await surroundings()
    await using server = await WebSocketServer.start()
    const trigger = started(createWebSocketTrigger({ ...options, url: server.url }))
    await untilState(trigger, 'open')
    server.closeAll(1001)
    await untilState(trigger, 'waiting')
    await clock.advance(1_000)
    await until(1)
    expect(server.requests).toHaveLength(2)
    expect(pushes).toHaveLength(1)
  })

  it('try another token when the server closes for lack of rights', async () => {
    const { options } = await surroundings()
    await using server = await WebSocketServer.start()
    const trigger = started(createWebSocketTrigger({ ...options, url: server.url, syncOnReconnect: false }))
    await untilState(trigger, 'open')
    server.closeAll(4401)
    while (server.requests.length < 2 || server.connections === 0) await new Promise((resolve) => setImmediate(resolve))
    await untilState(trigger, 'open')
    expect(server.requests[1]?.headers.authorization).not.toBe(server.requests[0]?.headers.authorization)
  })

  it('replace the token after three failed handshakes', async () => {
    const { clock, options } = await surroundings()
    await using server = await WebSocketServer.start()
    server.refuseWith = 403
    const trigger = started(createWebSocketTrigger({ ...options, url: server.url }))
    while (server.requests.length < 4) {
      await new Promise((resolve) => setImmediate(resolve))
      if (trigger.state === 'waiting') await clock.advance(clock.nextTimerMs ?? 0)
    }
    const tokens = server.requests.map(({ headers }) => headers.authorization)
    expect(new Set(tokens.slice(0, 3)).size).toBe(1)
    expect(tokens[3]).not.toBe(tokens[2])
  })

  it.each(['ws://example.com/', 'https://example.com/'])('are not taken from %s', async (url) => {
    const { options } = await surroundings()
    expect(() => createWebSocketTrigger({ ...options, url })).toThrow(TypeError)
  })
})
