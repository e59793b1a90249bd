import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Account, AccountError } from '@accountry/accounts'
import {
  createFakeClock,
  createFakeSyncAdapter,
  type FakeClock,
  openTestManager,
  SyncTestDriver,
  type TestManager,
} from '@accountry/testing'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createEventSourceTrigger } from '../src/push/event-source-trigger.ts'
import { EventStreamParser, type ServerSentEvent } from '../src/push/event-stream.ts'
import type { SyncTrigger, SyncTriggerOptions } from '../src/push/sync-trigger.ts'
import { createWebSocketTrigger } from '../src/push/web-socket-trigger.ts'
import { WebSocketServer } from './support/web-socket-server.ts'

interface Push {
  readonly account?: unknown
  readonly authority: string
  readonly extras?: unknown
}

/** A trigger's surroundings: a real vault with one account, and a record of what was asked for. */
async function surroundings(): Promise<{
  world: TestManager
  /** The trigger's own: the manager has timers on its. */
  clock: FakeClock
  account: Account
  pushes: Push[]
  until: (count: number) => Promise<void>
  options: Omit<SyncTriggerOptions, 'url'>
}> {
  const world = await openTestManager()
  onTestFinished(() => world.close())
  const account = await world.manager.addAccount('com.example')
  const pushes: Push[] = []
  const waiting: (() => void)[] = []
  const sync = {
    notifyPush(push: Push): never {
      pushes.push(push)
      for (const resolve of waiting.splice(0)) resolve()
      return undefined as never
    },
  }
  const until = async (count: number): Promise<void> => {
    while (pushes.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const options = {
    sync,
    accounts: world.manager,
    account,
    authority: 'tasks',
    authTokenType: 'tasks',
    random: () => 0,
  }
  const clock = createFakeClock()
  return { world, clock, account, pushes, until, options: { ...options, clock } }
}

/** A server whose answers a test gives, one for each request. */
async function eventServer(): Promise<{
  url: string
  requests: IncomingMessage[]
  next: () => Promise<ServerResponse>
}> {
  const requests: IncomingMessage[] = []
  const answers: ServerResponse[] = []
  const waiting: ((response: ServerResponse) => void)[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    const resolve = waiting.shift()
    if (resolve === undefined) answers.push(response)
    else resolve(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`
  const next = (): Promise<ServerResponse> => {
    const ready = answers.shift()
    return ready === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(ready)
  }
  return { url, requests, next }
}

function stream(response: ServerResponse, text = ': hello\n\n'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write(text)
}

function started(trigger: SyncTrigger): SyncTrigger {
  onTestFinished(() => trigger.close())
  trigger.start()
  return trigger
}

async function untilState(trigger: SyncTrigger, state: SyncTrigger['state']): Promise<void> {
  while (trigger.state !== state) await new Promise((resolve) => setImmediate(resolve))
}

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

  it('wait for the person after the server has refused two tokens', async () => {
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

describe('an event stream', () => {
  function parsed(...chunks: string[]): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    const parser = new EventStreamParser((event) => events.push(event))
    for (const chunk of chunks) parser.push(Buffer.from(chunk))
    return events
  }

  it.each<[string, Partial<ServerSentEvent>[]]>([
    ['data: one\n\n', [{ event: 'message', data: 'one', id: '' }]],
    ['data:one\ndata:  two\n\n', [{ data: 'one\n two' }]],
    ['event: add\ndata: x\n\ndata: y\n\n', [{ event: 'add' }, { event: 'message' }]],
    ['id: 1\ndata: x\n\ndata: y\n\n', [{ id: '1' }, { id: '1' }]],
    [': comment\n\n', []],
    ['event: lonely\n\n', []],
    ['data\n\n', [{ data: '' }]],
    ['data: unfinished', []],
    ['data: x\r\n\r\ndata: y\r\rdata: z\n\n', [{ data: 'x' }, { data: 'y' }, { data: 'z' }]],
  ])('%j is read as the standard says', (text, expected) => {
    expect(parsed(text)).toMatchObject(expected)
  })

  it('is read the same however it is cut', () => {
    const text = 'id: 9\r\nevent: a\rdata: ü\ndata: €\r\n\r\n: c\r\n\r\ndata: z\n\n'
    const whole = parsed(text)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: Buffer.byteLength(text) }), { maxLength: 12 }), (cuts) => {
        const bytes = Buffer.from(text)
        const events: ServerSentEvent[] = []
        const parser = new EventStreamParser((event) => events.push(event))
        let from = 0
        for (const cut of [...cuts.sort((one, other) => one - other), bytes.length]) {
          parser.push(bytes.subarray(from, cut))
          from = cut
        }
        expect(events).toEqual(whole)
      }),
    )
    expect(whole).toEqual([
      { event: 'a', data: 'ü\n€', id: '9' },
      { event: 'message', data: 'z', id: '9' },
    ])
  })

  it('may say how long to wait, and a message without end is refused', () => {
    const parser = new EventStreamParser(() => undefined)
    parser.push(Buffer.from('retry: 2500\nretry: x\n'))
    expect(parser.retryMs).toBe(2_500)
    expect(() => parser.push(Buffer.from(`data: ${'x'.repeat(2_000_000)}`))).toThrow(RangeError)
  })
})
