import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failureOf } from './support/failures.ts'
import { ANA, contentOf, isRoot, madeVault, NOBODY } from './support/made-vault.ts'
import { openManager } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

describe('what others could do to a vault', () => {
  it('every folder is 0700 and every file 0600, also under umask 000 (H-23)', async () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    const directory = join(tempFolder(), 'vault')
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly(ANA, { password: 'canary' })
    await manager.getAuthToken(account, 'calendar')
    const modes = ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].map((name) => {
      const stats = lstatSync(join(directory, name))
      return `${name} ${(stats.mode & 0o777).toString(8)} ${stats.isDirectory() ? 'folder' : 'file'}`
    })
    expect(modes.length).toBeGreaterThan(6)
    expect(modes.filter((line) => !/ 700 folder$| 600 file$/.test(line))).toEqual([])
  })

  it('modes that somebody widened are narrowed again', async () => {
    const { directory, file } = await madeVault()
    chmodSync(directory, 0o755)
    chmodSync(file, 0o644)
    await openManager({ directory })
    expect([directory, file].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600])
  })

  it.each(['vault.db'])('a symbolic link in the place of %s is refused', async (name) => {
    const { directory } = await madeVault()
    const elsewhere = join(tempFolder(), 'elsewhere')
    renameSync(join(directory, name), elsewhere)
    symlinkSync(elsewhere, join(directory, name))
    expect(await failureOf(openManager({ directory }))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'symlink',
    })
  })

  it('a symbolic link in the place of the init lock is refused, and its target is not touched', async () => {
    const directory = tempFolder()
    const elsewhere = join(tempFolder(), 'elsewhere')
    writeFileSync(elsewhere, '')
    chmodSync(elsewhere, 0o644)
    symlinkSync(elsewhere, join(directory, 'init.lock'))
    expect(await failureOf(openManager({ directory }))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'symlink',
    })
    expect(statSync(elsewhere).mode & 0o777).toBe(0o644)
  })

  it('a symbolic link in the place of the folder is refused', async () => {
    const { directory } = await madeVault()
    const link = join(tempFolder(), 'link')
    symlinkSync(directory, link)
    expect(await failureOf(openManager({ directory: link }))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'symlink',
    })
  })

  it.runIf(isRoot)('a vault of somebody else is refused', async () => {
    const { directory, file } = await madeVault()
    chownSync(file, NOBODY, NOBODY)
    expect(await failureOf(openManager({ directory }))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'foreign_owner',
    })
    chownSync(directory, NOBODY, NOBODY)
    expect(await failureOf(openManager({ directory }))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'foreign_owner',
    })
  })

  it('a folder in the place of the database is refused', async () => {
    const directory = tempFolder()
    mkdirSync(join(directory, 'vault.db'))
    expect(await failureOf(openManager({ directory }))).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
  })

  it('no secret and no user data can be read in any file, also after a removal (H-31)', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly(ANA, {
      password: 'canary-password',
      userData: { key: 'canary-user-data' },
      tokens: { calendar: { value: 'canary-token' } },
    })
    const leaks = () =>
      [...contentOf(directory)].filter(([, content]) => Buffer.from(content, 'base64').includes('canary'))
    expect(leaks()).toEqual([])
    await manager.removeAccountExplicitly(account)
    await manager.close()
    expect(leaks()).toEqual([])
  })
})

describe('leaving things behind', () => {
  it('closing leaves no WAL, no shared memory and no lock of its own', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly(ANA, { password: 'x' })
    await manager.getAuthToken(account, 'calendar')
    await manager.close()
    expect(readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()).toEqual(
      ['alive', 'doorbell', 'init.lock', 'initialised', 'vault.db'].sort(),
    )
  })

  it('an attempt that failed leaves nothing open', async () => {
    const { directory, file } = await madeVault()
    writeFileSync(file, 'garbage')
    const descriptors = () => readdirSync('/proc/self/fd').length
    await failureOf(openManager({ directory }))
    const before = descriptors()
    for (let n = 0; n < 5; n++) await failureOf(openManager({ directory }))
    expect(descriptors()).toBe(before)
  })
})
