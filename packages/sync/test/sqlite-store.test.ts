import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeOperationStore } from '@accountry/testing/suites'
import { afterAll, describe, expect, it } from 'vitest'
import type { OperationStore } from '../src/operation-store.ts'
import { openSqliteStore } from '../src/sqlite/open-sqlite-store.ts'

const folders = new Map<OperationStore, string>()

async function openIn(directory: string): Promise<OperationStore> {
  const store = await openSqliteStore({ directory })
  folders.set(store, directory)
  return store
}

afterAll(() => {
  for (const folder of new Set(folders.values())) rmSync(folder, { recursive: true, force: true })
})

describeOperationStore('the SQLite store', {
  open: () => openIn(mkdtempSync(join(tmpdir(), 'sync-store-'))),
  reopen: (store) => openIn(folders.get(store) ?? ''),
})

describe('the SQLite store', () => {
  it('makes its folder and its files for the user alone', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'sync-store-'))
    const directory = join(parent, 'vault')
    const store = await openSqliteStore({ directory })
    await store.write(() => store.setMeta('x', '1'))
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    for (const suffix of ['', '-wal', '-shm'])
      expect(statSync(join(directory, `sync.db${suffix}`)).mode & 0o777).toBe(0o600)
    store.close()
    rmSync(parent, { recursive: true })
  })

  it('takes what is no id of an instance for one that does not run', async () => {
    const store = await openIn(mkdtempSync(join(tmpdir(), 'sync-store-')))
    expect(store.isAlive('a damaged record')).toBe(false)
    expect(store.isAlive(store.owner)).toBe(true)
    store.close()
  })
})
