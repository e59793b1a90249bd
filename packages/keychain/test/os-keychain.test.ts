import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { startSecretService, type TestSecretService } from '@accountry/testing'
import { describeKeyProvider, describeWithSecretService } from '@accountry/testing/suites'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { osKeychain } from '../src/index.ts'
import { inOtherProcess } from './support/other-process.ts'

/** A busy machine may take longer than the default deadline. */
const patientKeychain = () => osKeychain({ deadlineMs: 20_000 })
const key = Uint8Array.from({ length: 32 }, (_, index) => index * 7)
const keyHex = Buffer.from(key).toString('hex')

describeWithSecretService('osKeychain on a real Secret Service', () => {
  let service: TestSecretService

  beforeAll(async () => {
    service = await startSecretService()
    // The native module reads the process's own environment.
    process.env['DBUS_SESSION_BUS_ADDRESS'] = service.env['DBUS_SESSION_BUS_ADDRESS']
  })

  afterAll(async () => {
    await service.close()
  })

  describeKeyProvider(
    'osKeychain',
    () => ({
      provider: patientKeychain(),
      reopen: () => patientKeychain(),
      arrange: async (outcome, name) => {
        if (outcome === 'locked') {
          await service.lock()
          return async () => await service.unlock()
        }
        if (outcome === 'unavailable') {
          await service.stopService()
          return async () => await service.startService()
        }
        const kept = await rawSecret(name)
        await setRawSecret(name, Buffer.from('not a key'))
        return async () => await setRawSecret(name, kept)
      },
    }),
    { outcomes: ['locked', 'unavailable', 'corrupt'] },
  )

  describe('osKeychain', () => {
    it('has the id and protection that are recorded in vaults', () => {
      expect(patientKeychain()).toMatchObject({ id: 'os-keychain', kind: 'store', protection: 'os-user' })
    })

    it('lets another process read what this one stored, and the other way round', async () => {
      await patientKeychain().store('shared:1', key)
      const steps = [
        { do: 'load', name: 'shared:1' },
        { do: 'store', name: 'shared:2', key: keyHex },
      ] as const
      expect(await inOtherProcess(service.env, steps)).toEqual([{ kind: 'found', key: keyHex }, { kind: 'done' }])
      expect(await patientKeychain().load('shared:2')).toEqual({ kind: 'found', key })
    })

    it('finds the bus in XDG_RUNTIME_DIR when no variable names it, as the native module does', async () => {
      const { DBUS_SESSION_BUS_ADDRESS, ...env } = service.env
      const steps = [
        { do: 'store', name: 'runtime', key: keyHex },
        { do: 'load', name: 'runtime' },
      ] as const
      expect(await inOtherProcess(env, steps)).toEqual([{ kind: 'done' }, { kind: 'found', key: keyHex }])
    })

    it('opens no further connection for each use of the same key', async () => {
      const provider = patientKeychain()
      await provider.store('often', key)
      const before = readdirSync('/proc/self/fd').length
      for (let use = 0; use < 20; use++) await provider.load('often')
      expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before)
    })

    it('keeps one entry per key in the keychain, also after it was replaced', async () => {
      const provider = patientKeychain()
      await provider.store('replaced', key)
      await provider.store('replaced', new Uint8Array(32))
      expect(itemsNamed('replaced')).toHaveLength(1)
    })
  })
})

interface RawEntry {
  getSecret(): Promise<number[]>
  setSecret(secret: Uint8Array): Promise<void>
}

/** The entry as the native module sees it, without what osKeychain makes of it. */
function rawEntry(name: string): RawEntry {
  const { AsyncEntry } = createRequire(import.meta.url)('@napi-rs/keyring')
  return new AsyncEntry('accountry', name, { linux: { store: 'secret-service' } })
}

async function rawSecret(name: string): Promise<Uint8Array> {
  return Uint8Array.from(await rawEntry(name).getSecret())
}

async function setRawSecret(name: string, secret: Uint8Array): Promise<void> {
  await rawEntry(name).setSecret(secret)
}

function itemsNamed(name: string): string[] {
  const target = ['--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets']
  const search = ['org.freedesktop.Secret.Service.SearchItems', `dict:string:string:service,accountry,username,${name}`]
  return (
    execFileSync('dbus-send', ['--session', ...target, ...search], { encoding: 'utf8' }).match(/object path/g) ?? []
  )
}
