import * as fs from 'node:fs'
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFakeClock, startProcess } from '@accountry/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DEFAULT_TIMEOUTS } from '../src/arguments/open-options.ts'
import { Engine } from '../src/engine.ts'
import { recipientsOf } from '../src/vault/key-providers.ts'
import { checkNotTruncated } from '../src/vault/recovery.ts'
import { Vault } from '../src/vault/vault.ts'
import { fixedKey } from './support/keys.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

// Only to answer one question to the kernel as it would have been answered a moment before.
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return { ...real, statSync: vi.fn(real.statSync) }
})

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

async function openEngine(directory: string): Promise<Engine> {
  const clock = createFakeClock()
  const vault = await Vault.open({
    directory,
    recipients: recipientsOf(fixedKey()),
    recover: false,
    allowNetworkFileSystem: false,
    writeMs: 5_000,
    initMs: 5_000,
    now: () => clock.now(),
  })
  onTestFinished(() => vault.close())
  const engine = new Engine({
    vault,
    app: { id: 'com.example.app', system: true },
    clock,
    fetch,
    log: silent,
    timeouts: DEFAULT_TIMEOUTS,
    interaction: undefined,
    maxAccounts: 10,
  } as never)
  await engine.load()
  return engine
}

describe('noticing what others changed', () => {
  it('is not forgotten when the database was busy at that moment', async () => {
    const directory = tempFolder()
    const engine = await openEngine(directory)
    const manager = await openManager({ directory })
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    // Busy once, as while another process recovers the log of one that died.
    Object.defineProperty(engine.vault.feed, 'latest', {
      configurable: true,
      get() {
        delete (this as { latest?: unknown }).latest
        throw Object.assign(new Error('database is locked'), { errcode: 5 })
      },
    })
    engine.lookNow()
    expect(engine.index.size).toBe(0)
    engine.lookNow()
    expect(engine.index.size).toBe(1)
  })

  it('ends no process when the database cannot be read', async () => {
    // What a timer or a watcher throws, nobody can catch.
    await using host = startProcess(new URL('support/damaged-host.ts', import.meta.url), [tempFolder()])
    expect([await host.exited, host.stdout]).toEqual([{ code: 0, signal: null }, 'alive\n'])
  })
})

describe('opening while others write', () => {
  it('does not take pages that another process has just put into the log for pages that are missing', async () => {
    const directory = tempFolder()
    const engine = await openEngine(directory)
    const manager = await openManager({ directory })
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { userData: { note: 'x'.repeat(100_000) } })
    const { database } = engine.vault
    const log = `${database.file}-wal`
    expect(statSync(log).size).toBeGreaterThan(0)
    const real = vi.mocked(fs.statSync).getMockImplementation()
    let isFirst = true
    vi.mocked(fs.statSync).mockImplementation(((path: string, options: never) => {
      const stats = real?.(path, options) as fs.Stats
      if (path !== log || !isFirst) return stats
      isFirst = false
      return { ...stats, size: 0 }
    }) as never)
    onTestFinished(() => void vi.mocked(fs.statSync).mockImplementation(real as never))
    checkNotTruncated(database)
  })
})

describe('the files of processes that died', () => {
  it('are removed by those who use the vault later', async () => {
    const directory = tempFolder()
    const first = await openManager({ directory })
    const account = await first.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await first.getAuthToken(account, 'calendar')
    await first.close()
    const dead = join(directory, 'alive', `${'0'.repeat(16)}.alive`)
    writeFileSync(dead, '')
    utimesSync(dead, 0, 0)
    const later = await openManager({ directory })
    await later.getAuthToken(account, 'mail')
    expect(readdirSync(join(directory, 'alive'))).not.toContain(`${'0'.repeat(16)}.alive`)
  })
})

describe('a vault that may not be looked at for a while', () => {
  it('is not taken for one that was replaced: what is open is written on', async () => {
    const directory = tempFolder()
    const clock = createFakeClock()
    const manager = await openManager({ directory, clock })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    const real = vi.mocked(fs.statSync).getMockImplementation()
    vi.mocked(fs.statSync).mockImplementation(((path: string, options: never) => {
      if (path !== join(directory, 'vault.db')) return real?.(path, options)
      throw Object.assign(new Error('permission denied'), { code: 'EACCES' })
    }) as never)
    const permit = () => void vi.mocked(fs.statSync).mockImplementation(real as never)
    onTestFinished(permit)
    await manager.setPassword(account, 'p')
    expect(await manager.health()).toMatchObject({ ok: true, problems: [] })
    await clock.advance(2_000)
    await manager.close()
    permit()
    expect(await (await openManager({ directory })).getPassword(account)).toBe('p')
  })
})
