import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SecretServiceOptions, startSecretService, type TestSecretService } from '@accountry/testing'
import { describeWithSecretService } from '@accountry/testing/suites'
import { afterEach, describe, expect, it } from 'vitest'
import { HELPER_GUARD } from '../src/host-process.ts'
import { inOtherProcess, processesWith } from './support/other-process.ts'

const key = '00ff'.repeat(16)
const ALL = [
  { do: 'load', name: 'vault' },
  { do: 'load', name: 'vault', interaction: 'allow' },
  { do: 'store', name: 'vault', key },
  { do: 'delete', name: 'vault' },
] as const

/** What {@link ALL} comes to on a machine without a usable keychain. */
function unavailable(why: RegExp) {
  const outcome = { kind: 'unavailable', why: expect.stringMatching(why) }
  const error = { code: 'ERR_VAULT_UNAVAILABLE', message: expect.stringMatching(why) }
  return [outcome, outcome, error, error]
}

const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serviceThat(options: SecretServiceOptions): Promise<TestSecretService> {
  const service = await startSecretService(options)
  cleanups.push(() => service.close())
  return service
}

describe('osKeychain without a session bus', () => {
  it('is unavailable where no variable and no runtime folder names a bus, as over SSH or in a container', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'no-bus-'))
    cleanups.push(() => rm(folder, { recursive: true }))
    const { DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR, ...env } = process.env
    expect(await inOtherProcess(env, ALL)).toEqual(unavailable(/no D-Bus session bus/))
    expect(await inOtherProcess({ ...env, XDG_RUNTIME_DIR: folder }, ALL)).toEqual(unavailable(/ENOENT/))
  })

  it('is unavailable where the bus is gone or is reached in a way that the keyring cannot use', async () => {
    for (const address of [
      'unix:path=/nonexistent/bus',
      'autolaunch:',
      'tcp:host=127.0.0.1,port=1',
      'nonsense',
      ';;',
    ]) {
      const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: address }
      expect(await inOtherProcess(env, ALL)).toEqual(unavailable(/D-Bus session bus/))
    }
  })

  it('names the providers that work without a keychain', async () => {
    const env = { ...process.env, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }
    const [error] = await inOtherProcess(env, [{ do: 'store', name: 'vault', key }])
    expect(error?.message).toMatch(/passphraseKey, environmentKey or fileKey/)
  })
})

describeWithSecretService('osKeychain on a bus with an incomplete Secret Service', () => {
  it('is unavailable when no service runs and none can be started', async () => {
    const { env } = await serviceThat({ state: 'no-service' })
    expect(await inOtherProcess(env, ALL)).toEqual(unavailable(/no Secret Service/))
  })

  it('lets the bus start a service that does not run yet', async () => {
    const { env } = await serviceThat({ state: 'activatable' })
    expect(await inOtherProcess(env, ALL)).toEqual(unavailable(/no default collection/))
  })

  it('is unavailable, not absent, when the service has no keyring that could hold the key', async () => {
    const { env } = await serviceThat({ state: 'no-collection' })
    expect(await inOtherProcess(env, ALL)).toEqual(unavailable(/no default collection/))
  })
})

describeWithSecretService('osKeychain with a locked collection', () => {
  const locked = { kind: 'locked', why: expect.stringMatching(/./) }
  const refused = { code: 'ERR_VAULT_LOCKED', message: expect.stringMatching(/locked/) }

  it('is locked, never absent, whether the key is there or not, and writes nothing', async () => {
    const service = await serviceThat({})
    await inOtherProcess(service.env, [{ do: 'store', name: 'vault', key }])
    await service.lock()
    const other = ALL.map((step) => ({ ...step, name: 'never stored' }))
    const results = await inOtherProcess(service.env, [...ALL, ...other])
    expect(results).toEqual([locked, locked, refused, refused, locked, locked, refused, refused])
    await service.unlock()
    const after = await inOtherProcess(service.env, [
      { do: 'load', name: 'vault' },
      { do: 'load', name: 'never stored' },
    ])
    expect(after).toEqual([{ kind: 'found', key }, expect.objectContaining({ kind: 'absent' })])
  })

  it('raises no prompt unless one is allowed', async () => {
    // The prompts of this service are never answered: a call that raised one would not come back in time.
    const service = await serviceThat({ prompts: 'pending' })
    await inOtherProcess(service.env, [{ do: 'store', name: 'vault', key }])
    await service.lock()
    const steps = [
      { do: 'load', name: 'vault' },
      { do: 'load', name: 'vault', interaction: 'never' },
      { do: 'load', name: 'never stored' },
      { do: 'store', name: 'vault', key },
      { do: 'delete', name: 'vault' },
    ] as const
    const results = await inOtherProcess(service.env, steps)
    expect(results).toEqual([locked, locked, locked, refused, refused])
    expect(results.map(({ why, message }) => `${why} ${message}`).join()).not.toMatch(/did not answer|dismissed/)
  })
})

describeWithSecretService('osKeychain while nobody answers the prompt', () => {
  async function lockedService(): Promise<TestSecretService> {
    const service = await serviceThat({ prompts: 'pending' })
    await inOtherProcess(service.env, [{ do: 'store', name: 'vault', key }])
    await service.lock()
    return service
  }

  const overdue = { kind: 'locked', why: 'the keychain did not answer within 400 ms' }
  const aborted = expect.objectContaining({ code: 'ERR_ABORTED' })

  it('gives up at the deadline, and the process ends by itself', async () => {
    const { env } = await lockedService()
    const steps = [
      { do: 'load', name: 'vault', interaction: 'allow' },
      { do: 'load', name: 'never stored', interaction: 'allow' },
    ] as const
    expect(await inOtherProcess(env, steps, { promptDeadlineMs: 400 })).toEqual([overdue, overdue])
  })

  it('gives up when the caller does, and the process ends by itself', async () => {
    const { env } = await lockedService()
    const steps = [
      { do: 'load', name: 'vault', interaction: 'allow', abortAfterMs: 300 },
      { do: 'load', name: 'never stored', interaction: 'allow', abortAfterMs: 300 },
    ] as const
    expect(await inOtherProcess(env, steps)).toEqual([aborted, aborted])
  })

  it('waits in a helper process, and leaves none behind', async () => {
    const { env } = await lockedService()
    const guard = `${HELPER_GUARD}=1`
    const bus = `DBUS_SESSION_BUS_ADDRESS=${env['DBUS_SESSION_BUS_ADDRESS']}`
    const ended = inOtherProcess(env, [{ do: 'load', name: 'vault', interaction: 'allow' }], { promptDeadlineMs: 1500 })
    await expect.poll(async () => await helpersOn(bus, guard), { timeout: 5000 }).toHaveLength(1)
    const [commandLine] = await helpersOn(bus, guard)
    expect(commandLine).not.toContain(key)
    await ended
    expect(await helpersOn(bus, guard)).toEqual([])
  })

  it('starts no helper from within a helper: it waits over the bus instead', async () => {
    const { env } = await lockedService()
    const guarded = { ...env, [HELPER_GUARD]: '1' }
    const steps = [{ do: 'load', name: 'vault', interaction: 'allow' }] as const
    expect(await inOtherProcess(guarded, steps, { promptDeadlineMs: 400 })).toEqual([overdue])
  })

  it('is unavailable when the helper cannot be started', async () => {
    const { env } = await lockedService()
    const steps = [{ do: 'load', name: 'vault', interaction: 'allow' }] as const
    const [outcome] = await inOtherProcess(env, steps, { helper: '/nonexistent/node' })
    expect(outcome).toMatchObject({ kind: 'unavailable' })
  })
})

/** Command lines of the helpers that use this bus. */
async function helpersOn(bus: string, guard: string): Promise<string[]> {
  const [onBus, helpers] = await Promise.all([processesWith(bus), processesWith(guard)])
  return helpers.filter((commandLine) => commandLine.includes('--eval') && onBus.includes(commandLine))
}
