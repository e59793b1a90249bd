import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startSecretService } from '../src/index.ts'
import { describeWithSecretService } from '../src/suites.ts'

const run = promisify(execFile)
const LOGIN = '/org/freedesktop/secrets/collection/login'

/** Asks the service with D-Bus's own tool. */
async function isLocked(env: NodeJS.ProcessEnv): Promise<boolean> {
  const property = ['string:org.freedesktop.Secret.Collection', 'string:Locked']
  const call = [LOGIN, 'org.freedesktop.DBus.Properties.Get', ...property]
  const { stdout } = await run('dbus-send', ['--session', '--print-reply', '--dest=org.freedesktop.secrets', ...call], {
    env,
  })
  return stdout.includes('boolean true')
}

describeWithSecretService('startSecretService', () => {
  it('starts an unlocked keyring, locks it and unlocks it without a prompt', async () => {
    await using service = await startSecretService({ prompts: 'pending' })
    expect(await isLocked(service.env)).toBe(false)
    await service.lock()
    expect(await isLocked(service.env)).toBe(true)
    await service.unlock()
    expect(await isLocked(service.env)).toBe(false)
  })

  it('starts in each state that it is asked for', async () => {
    await using locked = await startSecretService({ state: 'locked' })
    expect(await isLocked(locked.env)).toBe(true)
    for (const [state, error] of [
      ['no-collection', 'UnknownMethod'],
      ['activatable', 'UnknownMethod'],
      ['no-service', 'ServiceUnknown'],
    ] as const) {
      await using service = await startSecretService({ state })
      await expect(isLocked(service.env)).rejects.toThrow(error)
    }
  })

  it('keeps what was stored when the service ends and starts again', async () => {
    await using service = await startSecretService()
    await service.stopService()
    await expect(isLocked(service.env)).rejects.toThrow('ServiceUnknown')
    await service.startService()
    expect(await isLocked(service.env)).toBe(false)
  })

  it('uses nothing of the desktop that it runs on, and leaves nothing behind', async () => {
    const service = await startSecretService()
    const folder = dirname(service.env['HOME'] ?? '')
    for (const name of ['XDG_DATA_HOME', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME']) {
      expect(dirname(service.env[name] ?? '')).toBe(folder)
    }
    expect(service.env['DISPLAY']).toBeUndefined()
    expect(existsSync(folder)).toBe(true)
    await service.close()
    await service.close()
    expect(existsSync(folder)).toBe(false)
  })
})
