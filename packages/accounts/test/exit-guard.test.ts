import { describe, expect, it } from 'vitest'
import { ExitGuard, type GuardedProcess } from '../src/exit-guard.ts'
import { Child } from './support/child.ts'
import { openManager, TYPE } from './support/managers.ts'
import { settle } from './support/settle.ts'
import { tempFolder } from './support/temp-folder.ts'
import { startTokenServer } from './support/token-server.ts'
import type { VaultRequest } from './support/vault-user.ts'

const USER = new URL('support/vault-user.ts', import.meta.url)

/** A process that writes down what is done to it. */
function fakeProcess(own: readonly string[] = []) {
  const listeners = new Map<string, ((signal: never) => void)[]>(own.map((signal) => [signal, [() => undefined]]))
  const killed: string[] = []
  const guarded: GuardedProcess = {
    pid: 1,
    listenerCount: (event) => listeners.get(event)?.length ?? 0,
    on: (event, listener) => listeners.set(event, [...(listeners.get(event) ?? []), listener as never]),
    off: (event, listener) =>
      listeners.set(
        event,
        (listeners.get(event) ?? []).filter((each) => each !== (listener as unknown)),
      ),
    kill: (_pid, signal) => killed.push(signal),
  }
  const raise = (signal: string) => {
    for (const listener of listeners.get(signal) ?? []) listener(signal as never)
  }
  const count = () => [...listeners.values()].flat().length
  return { guarded, killed, raise, count }
}

describe('a signal that comes while a credential is on its way', () => {
  it('waits until it is saved, and is then delivered', async () => {
    const { guarded, killed, raise, count } = fakeProcess()
    const guard = new ExitGuard(guarded)
    const saved = Promise.withResolvers<void>()
    const critical = guard.during(() => saved.promise)
    raise('SIGTERM')
    await settle()
    expect(killed).toEqual([])
    saved.resolve()
    await critical
    await settle()
    expect([killed, count()]).toEqual([['SIGTERM'], 0])
  })

  it('is not lost when it arrives in the very moment in which the save ends', async () => {
    const { guarded, killed, raise } = fakeProcess()
    const guard = new ExitGuard(guarded)
    await guard.during(async () => undefined)
    // The kernel has handed it over, and Node tells its listeners at the end of this turn of the event loop.
    raise('SIGTERM')
    await settle()
    expect(killed).toEqual(['SIGTERM'])
  })

  it('waits for all that are on their way', async () => {
    const { guarded, killed, raise } = fakeProcess()
    const guard = new ExitGuard(guarded)
    const [one, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const both = [guard.during(() => one.promise), guard.during(() => other.promise)]
    raise('SIGINT')
    one.resolve()
    await both[0]
    expect(killed).toEqual([])
    other.resolve()
    await both[1]
    await settle()
    expect(killed).toEqual(['SIGINT'])
  })

  it('is delivered at once when somebody insists', async () => {
    const { guarded, killed, raise } = fakeProcess()
    const guard = new ExitGuard(guarded)
    const saved = Promise.withResolvers<void>()
    const critical = guard.during(() => saved.promise)
    raise('SIGINT')
    raise('SIGINT')
    expect(killed).toEqual(['SIGINT'])
    saved.resolve()
    await critical
    expect(killed).toEqual(['SIGINT'])
  })

  it('is the app’s own business where the app listens', async () => {
    const { guarded, killed, raise, count } = fakeProcess(['SIGTERM'])
    const guard = new ExitGuard(guarded)
    await guard.during(async () => raise('SIGTERM'))
    await settle()
    expect([killed, count()]).toEqual([[], 1])
  })

  it('is not listened for when nothing is on its way, also after a failure', async () => {
    const { guarded, killed, count } = fakeProcess()
    const guard = new ExitGuard(guarded)
    expect(count()).toBe(0)
    await guard.during(() => Promise.reject(new Error('broken'))).catch(() => undefined)
    await settle()
    expect([killed, count()]).toEqual([[], 0])
  })
})

describe('a process that is told to end while it renews', () => {
  it('saves the rotated credential first (C-11)', async () => {
    const server = await startTokenServer('first')
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'first' })
    const child = new Child<VaultRequest, unknown>(USER)
    await child.ask({ do: 'open', directory, server: server.url })
    await child.ask({ do: 'get-token-hanging', account: account.id })
    await server.whenHanging(1)
    const ended = child.end('SIGTERM')
    // A round trip, after which the signal has arrived.
    await child.ask({ do: 'set-user-data', account: account.id, key: 'alive', value: 'yes' })
    for (const response of server.hanging) {
      response.end(JSON.stringify({ password: 'refresh-1', value: 'token-1', lifetimeMs: 3_600_000 }))
    }
    expect(await ended).toMatchObject({ signal: 'SIGTERM' })
    expect(await manager.getPassword(account)).toBe('refresh-1')
  })
})
