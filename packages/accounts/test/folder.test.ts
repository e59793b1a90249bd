import { chmodSync, chownSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkOwnFile, defaultVaultFolder, openPrivateFolder, repairModes } from '../src/storage/folder.ts'
import { tempFolder } from './support/temp-folder.ts'

const isRoot = process.getuid?.() === 0
const NOBODY = 65_534
const refusal = (reason: string) => expect.objectContaining({ code: 'ERR_VAULT_UNAVAILABLE', reason })

describe('the folder of a vault', () => {
  it.each<[NodeJS.Platform, Record<string, string>, string]>([
    ['linux', {}, '/home/ana/.local/share/accountry/notes'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/accountry/notes'],
    ['linux', { XDG_DATA_HOME: '' }, '/home/ana/.local/share/accountry/notes'],
    ['darwin', { XDG_DATA_HOME: '/data' }, '/home/ana/Library/Application Support/accountry/notes'],
    ['win32', { LOCALAPPDATA: '/local' }, '/local/accountry/notes'],
    ['win32', {}, '/home/ana/AppData/Local/accountry/notes'],
  ])('is on %s with %j: %s', (platform, env, expected) => {
    expect(defaultVaultFolder('notes', { platform, env, home: '/home/ana' })).toBe(expected)
  })

  it('is made for its user alone, with every folder on the way to it', () => {
    const folder = openPrivateFolder(join(tempFolder(), 'accountry', 'notes'))
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, '..')).mode & 0o777).toBe(0o700)
  })

  it('is made for its user alone under a generous umask', () => {
    const before = process.umask(0)
    onTestFinished(() => void process.umask(before))
    expect(statSync(openPrivateFolder(join(tempFolder(), 'notes'))).mode & 0o777).toBe(0o700)
  })

  it('is refused when it is a symbolic link', () => {
    const folder = tempFolder()
    mkdirSync(join(folder, 'target'))
    symlinkSync(join(folder, 'target'), join(folder, 'link'))
    expect(() => openPrivateFolder(join(folder, 'link'))).toThrow(refusal('symlink'))
  })

  it('is refused when a link leads nowhere', () => {
    const folder = tempFolder()
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'))
    expect(() => openPrivateFolder(join(folder, 'link'))).toThrow(
      expect.objectContaining({ code: 'ERR_VAULT_UNAVAILABLE' }),
    )
  })

  it('is refused when it is a file', () => {
    const file = join(tempFolder(), 'file')
    writeFileSync(file, '')
    expect(() => openPrivateFolder(file)).toThrow(refusal('io'))
  })

  it('is refused where others could replace it', () => {
    const parent = tempFolder()
    chmodSync(parent, 0o777)
    expect(() => openPrivateFolder(join(parent, 'notes'))).toThrow(refusal('permissions'))
    chmodSync(parent, 0o1777)
    expect(openPrivateFolder(join(parent, 'notes'))).toBe(join(parent, 'notes'))
  })

  it.runIf(isRoot)('is refused when it belongs to somebody else', () => {
    const folder = join(tempFolder(), 'notes')
    mkdirSync(folder, { mode: 0o700 })
    chownSync(folder, NOBODY, NOBODY)
    expect(() => openPrivateFolder(folder)).toThrow(refusal('foreign_owner'))
  })

  it('says what to do, and whose fault it is, in its message', () => {
    const parent = tempFolder()
    chmodSync(parent, 0o777)
    expect(() => openPrivateFolder(join(parent, 'notes'))).toThrow(`chmod go-w ${parent}`)
  })
})

describe('a file of a vault', () => {
  it('may be absent', async () => {
    expect(await checkOwnFile(join(tempFolder(), 'none'))).toBeUndefined()
  })

  it('is refused when it is a symbolic link, also to a file of one’s own', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'file'), '')
    symlinkSync(join(folder, 'file'), join(folder, 'link'))
    await expect(checkOwnFile(join(folder, 'link'))).rejects.toEqual(refusal('symlink'))
  })

  it('is refused when it is a folder', async () => {
    await expect(checkOwnFile(tempFolder())).rejects.toEqual(refusal('io'))
  })

  it.runIf(isRoot)('is refused when it belongs to somebody else', async () => {
    const file = join(tempFolder(), 'file')
    writeFileSync(file, '')
    chownSync(file, NOBODY, NOBODY)
    await expect(checkOwnFile(file)).rejects.toEqual(refusal('foreign_owner'))
  })
})

describe('repairModes', () => {
  it('takes the rights of group and others away and leaves narrower modes alone', async () => {
    const folder = tempFolder()
    const [wide, narrow] = [join(folder, 'wide'), join(folder, 'narrow')]
    for (const file of [wide, narrow]) writeFileSync(file, '')
    chmodSync(folder, 0o755)
    chmodSync(wide, 0o666)
    chmodSync(narrow, 0o400)
    await repairModes(folder, [wide, narrow, join(folder, 'absent')])
    expect([folder, wide, narrow].map((path) => lstatSync(path).mode & 0o777)).toEqual([0o700, 0o600, 0o400])
  })
})
