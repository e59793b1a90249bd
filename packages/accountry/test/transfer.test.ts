import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createFakeKeyProvider } from '@accountry/testing'
import { type Accountry, type Authenticator, openAccountry } from 'accountry'
import { EXIT_CODES } from 'accountry/command'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CommandResult, runCommand, runCommandWith } from './support/captured-command.ts'
import { vaultFolder } from './support/vault-folder.ts'

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example' },
  addAccount: async ({ name }) => ({ name: name ?? 'ana', password: `canary-${name}` }),
  getAuthToken: async () => ({ value: 'canary-token' }),
}
const keys = { here: createFakeKeyProvider(), there: createFakeKeyProvider() }

let folder: Awaited<ReturnType<typeof vaultFolder>>
let file: string
let keyFile: string

beforeEach(async () => {
  folder = await vaultFolder()
  file = join(folder.path, 'accounts.jwe')
  keyFile = join(folder.path, 'accounts.key')
})

afterEach(async () => {
  await folder[Symbol.asyncDispose]()
})

function open(place: 'here' | 'there'): () => Promise<Accountry> {
  const app = { id: 'com.example.agenda' }
  const directory = join(folder.path, place)
  return () => openAccountry({ app, directory, keyProvider: keys[place], authenticators: [authenticator] })
}

function here(...args: string[]): Promise<CommandResult> {
  return runCommand(open('here'), ...args)
}

function there(...args: string[]): Promise<CommandResult> {
  return runCommand(open('there'), ...args)
}

async function exported(...names: string[]): Promise<CommandResult> {
  for (const name of names) await here('add', '--name', name)
  return await here('export', '--to', file, '--key-file', keyFile)
}

describe('export and import', () => {
  test('bring accounts with their credentials into another vault, and nothing secret to any output', async () => {
    const out = await exported('ana', 'ben')
    expect(out).toMatchObject({ code: 0, output: expect.stringContaining('Exported 2 accounts to') })
    expect(out.output).toContain(`The new key is in ${keyFile}; keep it apart`)
    const result = await there('import', file, '--key-file', keyFile, '--yes')
    expect(result).toMatchObject({ code: 0, output: 'Imported: 2 added, 0 updated, 0 left as they were.\n' })
    expect(result.errors).toMatch(/add +ana +com\.example\nadd +ben +com\.example/)
    await using app = await open('there')()
    const ana = await app.accounts.findAccount('com.example', 'ana')
    expect(await app.accounts.getPassword(ana ?? '')).toBe('canary-ana')
    const key = (await readFile(keyFile, 'utf8')).trim()
    const text = out.output + out.errors + result.output + result.errors + (await readFile(file, 'utf8'))
    expect(text).not.toContain('canary')
    expect(text).not.toContain(key)
  })

  test('keep key and file for their owner alone, and write over nothing', async () => {
    await exported('ana')
    for (const path of [file, keyFile]) expect((await stat(path)).mode & 0o777).toBe(0o600)
    const again = await here('export', '--to', file, '--key-file', join(folder.path, 'other.key'))
    expect(again).toMatchObject({ code: EXIT_CODES.usage, output: '' })
    expect(again.errors).toContain('is there already. It is not overwritten')
    expect(existsSync(join(folder.path, 'other.key'))).toBe(false)
    const victim = join(folder.path, 'victim')
    await writeFile(victim, 'precious')
    await symlink(victim, join(folder.path, 'link'))
    await symlink(join(folder.path, 'absent'), join(folder.path, 'dangling'))
    for (const name of ['link', 'dangling']) {
      const result = await here('export', '--to', join(folder.path, name), '--key-file', keyFile)
      expect(result).toMatchObject({ code: EXIT_CODES.usage, output: '' })
    }
    expect(await readFile(victim, 'utf8')).toBe('precious')
    expect(existsSync(join(folder.path, 'absent'))).toBe(false)
  })

  test('use a key that is there, from a file or from stdin', async () => {
    await exported('ana')
    const key = await readFile(keyFile, 'utf8')
    const second = join(folder.path, 'second.jwe')
    const result = await here('export', '--to', second, '--key-file', keyFile, '--json')
    expect(JSON.parse(result.output)).toMatchObject({ file: second, isNewKey: false, accounts: [{ name: 'ana' }] })
    expect(await readFile(keyFile, 'utf8')).toBe(key)
    const third = join(folder.path, 'third.jwe')
    expect((await runCommandWith(open('here'), key, 'export', '--to', third, '--key-file', '-')).code).toBe(0)
    const imported = await runCommandWith(open('there'), key, 'import', third, '--key-file', '-', '--yes', '--json')
    expect(JSON.parse(imported.output)).toMatchObject({ added: [{ name: 'ana' }], updated: [], kept: [] })
  })

  test('take the accounts that are named, each once', async () => {
    await exported('ana', 'ben')
    const some = join(folder.path, 'some.jwe')
    const result = await here('export', 'ben', 'com.example/ben', '--to', some, '--key-file', keyFile, '--json')
    expect(JSON.parse(result.output).accounts).toMatchObject([{ name: 'ben' }])
    expect((await here('export', 'nobody', '--to', file, '--key-file', keyFile)).code).toBe(EXIT_CODES.usage)
    const missing = await here('export', 'nobody', '--to', join(folder.path, 'x'), '--key-file', keyFile)
    expect(missing.code).toBe(EXIT_CODES.notFound)
  })

  test('leave nothing behind when nothing can be exported', async () => {
    expect(await here('export', '--to', file, '--key-file', keyFile)).toMatchObject({ code: EXIT_CODES.notFound })
    await here('add', '--name', 'ana')
    const nowhere = await here('export', '--to', join(folder.path, 'no', 'such', 'folder'), '--key-file', keyFile)
    expect(nowhere).toMatchObject({ code: EXIT_CODES.failed, output: '' })
    expect(nowhere.errors).toContain('cannot be written (ENOENT)')
    expect(await readdir(folder.path)).toEqual(['here'])
  })

  test.each([
    [['export', '--to', 'x'], '--key-file'],
    [['export', '--key-file', 'x'], '--to'],
    [['import'], 'file'],
  ])('%j misses something', async (args, what) => {
    const result = await here(...args)
    expect(result).toMatchObject({ code: EXIT_CODES.usage, output: '' })
    expect(result.errors).toContain(what)
  })
})

describe('a key file', () => {
  test.each([
    ['that others can read', async () => chmod(keyFile, 0o644), 'can be read by other users'],
    ['with something else in it', async () => writeFile(keyFile, 'c2hvcnQ=\n'), 'it has to be 32 bytes as base64'],
    ['that is empty', async () => writeFile(keyFile, ''), 'it has to be 32 bytes'],
    ['that is huge', async () => writeFile(keyFile, 'A'.repeat(5_000)), 'too large'],
  ])('%s is refused', async (_what, change, message) => {
    await exported('ana')
    await change()
    const result = await there('import', file, '--key-file', keyFile, '--yes')
    expect(result).toMatchObject({ code: EXIT_CODES.usage, output: '' })
    expect(result.errors).toContain(message)
  })

  test('that is not a file but the key itself is refused, and not repeated', async () => {
    await here('add', '--name', 'ana')
    const key = Buffer.alloc(32, 7).toString('base64')
    const result = await here('export', '--to', file, '--key-file', key)
    expect(result).toMatchObject({ code: EXIT_CODES.usage, output: '' })
    expect(result.errors).not.toContain(key)
    expect(existsSync(file)).toBe(false)
  })

  test('that is a folder, or the export itself, is refused', async () => {
    await here('add', '--name', 'ana')
    await mkdir(keyFile)
    expect((await here('export', '--to', file, '--key-file', keyFile)).code).toBe(EXIT_CODES.usage)
    expect((await here('export', '--to', file, '--key-file', file)).code).toBe(EXIT_CODES.usage)
  })
})

describe('import', () => {
  test('says what it would do, and does it only when it is told to', async () => {
    await exported('ana', 'ben')
    await there('add', '--name', 'ana')
    const asked = await there('import', file, '--key-file', keyFile)
    expect(asked).toMatchObject({ code: EXIT_CODES.usage, errors: expect.stringContaining('needs --yes') })
    const dry = await there('import', file, '--key-file', keyFile, '--dry-run')
    expect(dry.output).toMatch(/add +ben +com\.example\nkeep +ana +com\.example\n$/)
    const json = JSON.parse((await there('import', file, '--key-file', keyFile, '--dry-run', '--json')).output)
    expect(json).toMatchObject({ isDryRun: true, add: [{ name: 'ben' }], update: [], keep: [{ name: 'ana' }] })
    expect(JSON.parse((await there('list', '--json')).output)).toHaveLength(1)
    expect((await there('import', file, '--key-file', keyFile, '--yes')).code).toBe(0)
    const again = await there('import', file, '--key-file', keyFile, '--yes')
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('There is nothing to import') })
  })

  test('replaces a credential only when it is told to and the file has a newer one', async () => {
    await exported('ana')
    await there('import', file, '--key-file', keyFile, '--yes')
    await using app = await open('here')()
    const [ana] = await app.accounts.getAccounts()
    await app.accounts.setPassword(ana ?? '', 'canary-new')
    const newer = join(folder.path, 'newer.jwe')
    await here('export', '--to', newer, '--key-file', keyFile)
    const kept = await there('import', newer, '--key-file', keyFile, '--yes', '--json')
    expect(JSON.parse(kept.output)).toMatchObject({ added: [], updated: [], kept: [{ name: 'ana' }] })
    const updated = await there('import', newer, '--key-file', keyFile, '--if-exists', 'update', '--yes', '--json')
    expect(JSON.parse(updated.output)).toMatchObject({ added: [], updated: [{ name: 'ana' }], kept: [] })
    expect((await there('import', newer, '--key-file', keyFile, '--if-exists', 'replace')).code).toBe(EXIT_CODES.usage)
  })

  test('refuses what was changed, is for another key, or is no export, and changes nothing', async () => {
    await exported('ana')
    const text = await readFile(file, 'utf8')
    const other = join(folder.path, 'other.key')
    await writeFile(other, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 })
    expect((await there('import', file, '--key-file', other, '--yes', '--json')).output).toContain('ERR_IMPORT_INVALID')
    for (const broken of [
      text.slice(0, -9),
      'nonsense',
      `${text.slice(0, 100)}${text[100] === 'A' ? 'B' : 'A'}${text.slice(101)}`,
    ]) {
      await writeFile(file, broken)
      const result = await there('import', file, '--key-file', keyFile, '--yes')
      expect(result).toMatchObject({ code: EXIT_CODES.failed, output: '' })
      expect(result.errors).toContain('Nothing was changed')
    }
    for (const nothing of [join(folder.path, 'absent'), folder.path]) {
      expect((await there('import', nothing, '--key-file', keyFile, '--yes')).code).toBe(EXIT_CODES.usage)
    }
    expect(JSON.parse((await there('list', '--json')).output)).toEqual([])
  })
})
