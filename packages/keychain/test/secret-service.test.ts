import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { DbusConnection, DbusUnreachable } from '../src/dbus/dbus-connection.ts'
import type { IncomingMessage } from '../src/dbus/dbus-message.ts'
import type { HostProcess } from '../src/host-process.ts'
import { createOsKeychain } from '../src/os-keychain.ts'
import { type FakeAnswer, startFakeBus } from './support/fake-bus.ts'

const key = new Uint8Array(32).fill(5)
const SECRET = 'org.freedesktop.Secret'
const ITEM = '/org/freedesktop/secrets/collection/login/1'
const PROMPT = '/org/freedesktop/secrets/prompt/1'

/** A Secret Service with one item under every name. It is locked until its prompt is answered. */
function service(start: { locked: boolean; answer?: 'unlocked' | 'dismissed' | 'never'; item?: boolean }) {
  let isLocked = start.locked
  const paths = start.item === false ? [] : [ITEM]
  return ({ member, path }: IncomingMessage): FakeAnswer | undefined => {
    switch (member) {
      case 'SearchItems':
        return { signature: 'aoao', body: isLocked ? [[], paths] : [paths, []] }
      case 'ReadAlias':
        return { signature: 'o', body: ['/org/freedesktop/secrets/collection/login'] }
      case 'Get':
        return { signature: 'v', body: [['b', isLocked]] }
      case 'Unlock':
        return { signature: 'aoo', body: [[], PROMPT] }
      case 'Prompt': {
        if (start.answer === 'never') return {}
        isLocked = start.answer !== 'unlocked'
        const signal = { path: path ?? '', interface: `${SECRET}.Prompt`, member: 'Completed', signature: 'bv' }
        const other = { ...signal, path: '/org/freedesktop/secrets/prompt/2', body: [true, ['s', '']] as const }
        return { signals: [other, { ...signal, body: [isLocked, ['s', '']] }] }
      }
      default:
        return { error: 'org.freedesktop.DBus.Error.UnknownMethod' }
    }
  }
}

/** Long enough for a machine that is busy, or as short as a test wants to wait for it to pass. */
interface Timing {
  readonly deadlineMs?: number
  readonly promptDeadlineMs?: number
}

function keychainOn(environment: NodeJS.ProcessEnv, options: Timing & { read?: () => Promise<number[] | null> } = {}) {
  const reads: string[] = []
  class AsyncEntry {
    readonly name: string
    constructor(_service: string, name: string) {
      this.name = name
    }
    async getSecret() {
      reads.push(this.name)
      return options.read === undefined ? [...key] : await options.read()
    }
    async setSecret() {}
    async deleteCredential() {
      return true
    }
  }
  const host: HostProcess = { platform: 'linux', isElectron: false, environment, node: undefined }
  const { deadlineMs = 20_000, promptDeadlineMs = 20_000 } = options
  return { provider: createOsKeychain({ binding: { AsyncEntry }, deadlineMs, promptDeadlineMs }, host), reads }
}

describe('osKeychain where no helper process can be used, as in a single executable', () => {
  it('unlocks over the bus when it may ask, and then reads', async () => {
    await using bus = await startFakeBus(service({ locked: true, answer: 'unlocked' }))
    const { provider, reads } = keychainOn(bus.env)
    expect(await provider.load('vault')).toMatchObject({ kind: 'locked' })
    expect(bus.calls).not.toContain(`${SECRET}.Service.Unlock`)
    expect(reads).toEqual([])
    expect(await provider.load('vault', { interaction: 'allow' })).toEqual({ kind: 'found', key })
    expect(bus.calls).toContain(`${SECRET}.Prompt.Prompt`)
  })

  it('learns by unlocking that a key is absent which a locked collection does not show', async () => {
    await using bus = await startFakeBus(service({ locked: true, answer: 'unlocked', item: false }))
    const { provider, reads } = keychainOn(bus.env)
    expect(await provider.load('vault')).toMatchObject({ kind: 'locked' })
    expect(await provider.load('vault', { interaction: 'allow' })).toMatchObject({ kind: 'absent' })
    expect(reads).toEqual([])
  })

  it('is locked when the person dismisses the prompt', async () => {
    await using bus = await startFakeBus(service({ locked: true, answer: 'dismissed' }))
    expect(await keychainOn(bus.env).provider.load('vault', { interaction: 'allow' })).toMatchObject({
      kind: 'locked',
      why: expect.stringContaining('dismissed'),
    })
  })

  it('is locked when nobody answers in time, and hangs up', async () => {
    await using bus = await startFakeBus(service({ locked: true, answer: 'never' }))
    const { provider } = keychainOn(bus.env, { promptDeadlineMs: 300 })
    const outcome = await provider.load('vault', { interaction: 'allow' })
    expect(outcome).toEqual({ kind: 'locked', why: 'the keychain did not answer within 300 ms' })
    await expect.poll(() => bus.connections.size).toBe(0)
  })
})

describe('osKeychain and what the native module answers', () => {
  it('does not believe an empty answer for an entry that the service lists', async () => {
    await using bus = await startFakeBus(service({ locked: false }))
    const { provider } = keychainOn(bus.env, { read: async () => null })
    expect(await provider.load('vault')).toMatchObject({ kind: 'unavailable' })
  })

  it('calls an empty answer locked when the collection was locked meanwhile', async () => {
    let answer = service({ locked: false })
    await using bus = await startFakeBus((call) => answer(call))
    const read = async () => {
      answer = service({ locked: true })
      return null
    }
    expect(await keychainOn(bus.env, { read }).provider.load('vault')).toMatchObject({ kind: 'locked' })
  })

  it('rejects a store that returns another key than it was given', async () => {
    await using bus = await startFakeBus(service({ locked: false }))
    const storing = keychainOn(bus.env).provider.store('vault', new Uint8Array(32).fill(6))
    await expect(storing).rejects.toMatchObject({ code: 'ERR_STORAGE_WRITE' })
  })
})

describe('osKeychain on a bus that misbehaves', () => {
  it('is locked when the bus or the service does not answer in time', async () => {
    await using silentService = await startFakeBus(() => undefined)
    await using silentBus = await startFakeBus(() => ({}), '')
    for (const { env } of [silentService, silentBus]) {
      const { provider } = keychainOn(env, { deadlineMs: 300 })
      expect(await provider.load('vault')).toEqual({ kind: 'locked', why: 'the keychain did not answer within 300 ms' })
      await expect(provider.store('vault', key)).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    }
  })

  it('is unavailable when the bus refuses it or answers nonsense', async () => {
    await using refusing = await startFakeBus(() => ({}), 'REJECTED EXTERNAL\r\n')
    await using endless = await startFakeBus(() => ({}), 'x'.repeat(5000))
    await using nonsense = await startFakeBus(() => ({ raw: Buffer.alloc(64, 0xff) }))
    await using failing = await startFakeBus(() => ({ error: 'org.freedesktop.DBus.Error.Spawn.ChildExited' }))
    for (const { env } of [refusing, endless, nonsense, failing]) {
      expect(await keychainOn(env).provider.load('vault')).toMatchObject({ kind: 'unavailable' })
    }
  })

  it('is unavailable when an answer has another shape than the interface says', async () => {
    const answers: Record<string, FakeAnswer> = {
      SearchItems: { signature: 'aoao', body: [[], []] },
      ReadAlias: { signature: 'o', body: ['/org/freedesktop/secrets/collection/login'] },
      Get: { signature: 'v', body: [['b', false]] },
    }
    const surprises = [{}, { signature: 's', body: ['surprise'] }, { signature: 'v', body: [['s', 'no']] }] as const
    for (const member of Object.keys(answers)) {
      for (const surprise of surprises) {
        await using bus = await startFakeBus((call) => ({ ...answers, [member]: surprise })[call.member ?? ''])
        expect(await keychainOn(bus.env).provider.load('vault')).toMatchObject({ kind: 'unavailable' })
      }
    }
    await using bus = await startFakeBus((call) => answers[call.member ?? ''])
    expect(await keychainOn(bus.env).provider.load('vault')).toMatchObject({ kind: 'absent' })
  })

  it('is locked when the service says so in an error', async () => {
    await using bus = await startFakeBus(() => ({ error: `${SECRET}.Error.IsLocked` }))
    expect(await keychainOn(bus.env).provider.load('vault')).toMatchObject({ kind: 'locked' })
  })

  it('has no default collection when the alias names one that does not exist', async () => {
    const answers: Record<string, FakeAnswer> = {
      SearchItems: { signature: 'aoao', body: [[], []] },
      ReadAlias: { signature: 'o', body: ['/org/freedesktop/secrets/collection/gone'] },
      Get: { error: 'org.freedesktop.DBus.Error.UnknownObject' },
    }
    await using bus = await startFakeBus(({ member }) => answers[member ?? ''])
    expect(await keychainOn(bus.env).provider.load('vault')).toMatchObject({
      kind: 'unavailable',
      why: expect.stringContaining('default collection'),
    })
  })
})

describe('DbusConnection', () => {
  it('tries the sockets in turn, and rejects what waits when it is closed', async () => {
    await using bus = await startFakeBus(() => undefined)
    const path = bus.env.DBUS_SESSION_BUS_ADDRESS.slice('unix:path='.length)
    const connection = await DbusConnection.open(['/nonexistent/bus', path], new AbortController().signal)
    const calling = connection.call({ destination: 'a.b', path: '/', interface: 'a.b', member: 'C' })
    connection.close()
    await expect(calling).rejects.toBeInstanceOf(DbusUnreachable)
    await expect(connection.nextSignal(() => true)).rejects.toBeInstanceOf(DbusUnreachable)
  })

  it('connects to an abstract socket', async () => {
    const name = `\0accountry-test-${crypto.randomUUID()}`
    const greeted = Promise.withResolvers<string>()
    const server = createServer((socket) => socket.on('data', (bytes) => greeted.resolve(bytes.toString('latin1'))))
    await new Promise<void>((resolve) => server.listen(name, resolve))
    const caller = new AbortController()
    const opening = DbusConnection.open([name], caller.signal)
    expect(await greeted.promise).toMatch(/^\0AUTH EXTERNAL [0-9a-f]+\r\n$/)
    caller.abort(new Error('enough'))
    await expect(opening).rejects.toThrow('enough')
    server.close()
  })
})
