import { AccountError } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { createEventSourceTrigger } from '../src/push/event-source-trigger.ts'
import type { PushMessage, SyncTriggerOptions } from '../src/push/sync-trigger.ts'
import { createWebSocketTrigger } from '../src/push/web-socket-trigger.ts'
import { eventServer, started, stream, surroundings, untilState } from './support/push-surroundings.ts'
import { WebSocketServer } from './support/web-socket-server.ts'

/** What an app may make of a message that it did not expect. */
const MISTAKES: [string, NonNullable<SyncTriggerOptions['target']>][] = [
  ['null', () => null as never],
  ['no object', () => 5 as never],
  ['nothing readable', ({ data }: PushMessage) => JSON.parse(data)],
]

describe('messages that the app cannot read', () => {
  it.each(MISTAKES)('are a reason to look and end no process: the app answers %s', async (_name, target) => {
    const { pushes, until, options } = await surroundings()
    await using server = await WebSocketServer.start()
    const trigger = started(createWebSocketTrigger({ ...options, url: server.url, target }))
    await untilState(trigger, 'open')
    server.send('not for JSON')
    await until(1)
    expect(pushes).toMatchObject([{ authority: 'tasks' }])
    expect(trigger.state).toBe('open')
  })

  it('are a reason to look when the engine refuses what the app made of them', async () => {
    const { pushes, until, options } = await surroundings()
    await using server = await WebSocketServer.start()
    const sync: SyncTriggerOptions['sync'] = {
      notifyPush: (push) => {
        if (push.extras !== undefined) throw new TypeError('extras.at must be a string')
        return options.sync.notifyPush(push)
      },
    }
    const target = (): never => ({ extras: { at: new Date() } }) as never
    const trigger = started(createWebSocketTrigger({ ...options, sync, url: server.url, target }))
    await untilState(trigger, 'open')
    server.send('x')
    await until(1)
    expect(pushes).toMatchObject([{ authority: 'tasks' }])
  })
})

describe('a trigger', () => {
  it('ends when its engine was closed', async () => {
    const { options } = await surroundings()
    const server = await eventServer()
    const sync: SyncTriggerOptions['sync'] = {
      notifyPush: () => {
        throw new AccountError('ERR_CLOSED', 'this SyncManager is closed')
      },
    }
    const trigger = started(createEventSourceTrigger({ ...options, sync, url: server.url }))
    stream(await server.next(), 'data: x\n\n')
    await untilState(trigger, 'closed')
  })

  it('connects again when its greeting could not be made', async () => {
    const { clock, options } = await surroundings()
    await using server = await WebSocketServer.start()
    let greetings = 0
    const hello = (): string => {
      if (greetings++ === 0) throw new Error('the app is not ready')
      return 'hello'
    }
    const trigger = started(createWebSocketTrigger({ ...options, url: server.url, hello }))
    await untilState(trigger, 'waiting')
    await clock.advance(1_000)
    await untilState(trigger, 'open')
    expect(greetings).toBe(2)
  })

  it('waits longer and longer for a server that opens and closes at once, whatever it asks for', async () => {
    const { clock, options } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url }))
    const waits: number[] = []
    for (const text of ['retry: 0\n\n', 'retry: 1\n\n', ': hello\n\n', 'retry: 0\ndata: x\n\n']) {
      const response = await server.next()
      stream(response, text)
      response.end()
      await untilState(trigger, 'waiting')
      waits.push(clock.nextTimerMs ?? 0)
      await clock.advance(clock.nextTimerMs ?? 0)
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000])
  })

  it('begins with short waits again after a connection that stood', async () => {
    const { clock, options } = await surroundings()
    const server = await eventServer()
    const trigger = started(createEventSourceTrigger({ ...options, url: server.url }))
    for (const stoodMs of [0, 0, 10_000]) {
      const response = await server.next()
      stream(response)
      await untilState(trigger, 'open')
      await clock.advance(stoodMs)
      response.end()
      await untilState(trigger, 'waiting')
      if (stoodMs === 0) await clock.advance(clock.nextTimerMs ?? 0)
    }
    expect(clock.nextTimerMs).toBe(500)
  })

  it('waits for the person when a server refuses its tokens only after each handshake', async () => {
    const { options } = await surroundings()
    await using server = await WebSocketServer.start()
    const trigger = started(createWebSocketTrigger({ ...options, url: server.url, syncOnReconnect: false }))
    for (let refusals = 0; refusals < 2; refusals++) {
      await untilState(trigger, 'open')
      while (server.requests.length <= refusals) await new Promise((resolve) => setImmediate(resolve))
      server.closeAll(4401)
      while (trigger.state === 'open') await new Promise((resolve) => setImmediate(resolve))
    }
    await untilState(trigger, 'parked')
    expect(server.requests).toHaveLength(2)
    expect(new Set(server.requests.map(({ headers }) => headers.authorization)).size).toBe(2)
  })

  it.each([
    ['sync', null],
    ['sync', {}],
    ['accounts', undefined],
    ['accounts', {}],
    ['account', 'an id'],
    ['account', {}],
    ['authority', ''],
    ['authTokenType', 5],
    ['target', 'tasks'],
    ['reconnect', null],
    ['idleTimeoutMs', '5'],
    ['random', 1],
    ['fetch', 1],
    ['events', 'change'],
    ['events', [1]],
  ])('is not made with a wrong option: %s %o', async (name, value) => {
    const { options } = await surroundings()
    const wrong = { ...options, url: 'http://127.0.0.1:1/', [name]: value } as never
    expect(() => createEventSourceTrigger(wrong)).toThrow(TypeError)
    expect(() => createEventSourceTrigger(wrong)).toThrow(name)
  })

  it('is not made without options', () => {
    expect(() => createEventSourceTrigger(null as never)).toThrow('options must be an object, received null')
    expect(() => createWebSocketTrigger(undefined as never)).toThrow('options must be an object, received undefined')
  })
})
