import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Account } from '@accountry/accounts'
import { createFakeClock, type FakeClock, openTestManager, type TestManager } from '@accountry/testing'
import { onTestFinished } from 'vitest'
import type { SyncTrigger, SyncTriggerOptions } from '../../src/push/sync-trigger.ts'

interface Push {
  readonly account?: unknown
  readonly authority: string
  readonly extras?: unknown
}

/** A trigger's surroundings: a real vault with one account, and a record of what was asked for. */
export async function surroundings(): Promise<{
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
export async function eventServer(): Promise<{
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

/** Begins an answer that does not end. */
export function stream(response: ServerResponse, text = ': hello\n\n'): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write(text)
}

/** Starts a trigger, and closes it after the test. */
export function started(trigger: SyncTrigger): SyncTrigger {
  onTestFinished(() => trigger.close())
  trigger.start()
  return trigger
}

/** Resolves when the trigger has come to a state. */
export async function untilState(trigger: SyncTrigger, state: SyncTrigger['state']): Promise<void> {
  while (trigger.state !== state) await new Promise((resolve) => setImmediate(resolve))
}
