import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeKeyProvider } from '@accountry/testing/suites'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileKey } from '../src/index.ts'

const key = new Uint8Array(32).fill(7)
let folder = ''
let path = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-key-'))
  path = join(folder, 'vault.key')
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describeKeyProvider(
  'fileKey',
  () => ({
    provider: fileKey({ path }),
    reopen: () => fileKey({ path }),
    arrange: async (outcome) => {
      const content = await readFile(path)
      if (outcome === 'denied') await chmod(path, 0o644)
      else await writeFile(path, content.subarray(0, 33))
      return async () => {
        await writeFile(path, content)
        await chmod(path, 0o600)
      }
    },
  }),
  { outcomes: ['denied', 'corrupt'] },
)

describeKeyProvider(
  'fileKey with a file that somebody put there',
  async () => {
    await writeFile(path, key, { mode: 0o600 })
    return { provider: fileKey({ path }), readOnlyKey: key }
  },
  { readOnly: true },
)

describe('fileKey', () => {
  it('names its file in its id and claims no protection', () => {
    expect(fileKey({ path })).toMatchObject({ id: `file:${path}`, protection: 'none' })
  })

  it('writes a file that only its owner can read, whatever the umask, and leaves nothing else', async () => {
    const before = process.umask(0)
    try {
      await fileKey({ path }).store('vault', key)
      await fileKey({ path }).store('vault', key)
    } finally {
      process.umask(before)
    }
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['vault.key'])
  })

  it('never touches the key of another vault: the second key gets a file beside it', async () => {
    const other = new Uint8Array(32).fill(9)
    const provider = fileKey({ path })
    await provider.store('vault:one', key)
    expect(await provider.load('vault:two')).toMatchObject({ kind: 'absent' })
    await provider.store('vault:two', other)
    expect(await provider.load('vault:one')).toEqual({ kind: 'found', key })
    expect(await provider.load('vault:two')).toEqual({ kind: 'found', key: other })
    expect(await readdir(folder)).toEqual(['vault.key', expect.stringMatching(/^vault\.key\.[0-9a-f]{16}$/)])
    await provider.delete('vault:one')
    expect(await provider.load('vault:two')).toEqual({ kind: 'found', key: other })
  })

  it('lets processes that store different keys at the same time each keep theirs', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `vault:${index}`)
    const keys = names.map((_, index) => new Uint8Array(32).fill(index))
    await Promise.all(names.map((name, index) => fileKey({ path }).store(name, keys[index]!)))
    for (const [index, name] of names.entries()) {
      expect(await fileKey({ path }).load(name)).toEqual({ kind: 'found', key: keys[index] })
    }
  })

  it('never deletes or replaces a file that somebody put there', async () => {
    await writeFile(path, key, { mode: 0o600 })
    await expect(fileKey({ path }).delete('vault')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    await expect(fileKey({ path }).store('vault', new Uint8Array(32))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    })
    expect(await readFile(path)).toEqual(Buffer.from(key))
  })

  it('refuses a file that others can read, reach by a link, or own, and changes nothing', async () => {
    const provider = fileKey({ path })
    await writeFile(join(folder, 'real'), key, { mode: 0o600 })
    await symlink(join(folder, 'real'), path)
    expect(await provider.load('vault')).toMatchObject({
      kind: 'denied',
      why: expect.stringContaining('symbolic link'),
    })
    await expect(provider.store('vault', key)).rejects.toMatchObject({ code: 'ERR_DENIED' })
    await rm(path)
    for (const mode of [0o640, 0o604, 0o620]) {
      await writeFile(path, key)
      await chmod(path, mode)
      expect(await provider.load('vault')).toMatchObject({ kind: 'denied', why: expect.stringContaining('chmod 600') })
      expect((await stat(path)).mode & 0o777).toBe(mode)
    }
    await chmod(path, 0o600)
    expect(await provider.load('vault')).toMatchObject({ kind: 'found' })
  })

  it.runIf(process.geteuid?.() === 0)('refuses a file of another user', async () => {
    await writeFile(path, key, { mode: 0o600 })
    await chown(path, 65_534, 65_534)
    expect(await fileKey({ path }).load('vault')).toMatchObject({
      kind: 'denied',
      why: expect.stringContaining('another user'),
    })
  })

  it('does not wait for a named pipe and does not read a folder', async () => {
    execFileSync('mkfifo', [path])
    expect(await fileKey({ path }).load('vault')).toMatchObject({ kind: 'denied' })
    await rm(path)
    await mkdir(path)
    expect(await fileKey({ path }).load('vault')).toMatchObject({ kind: 'denied' })
  })

  it('calls a file of any other size corrupt and does not write over it', async () => {
    for (const size of [0, 1, 31, 33, 63, 65, 4096]) {
      await writeFile(path, new Uint8Array(size), { mode: 0o600 })
      expect(await fileKey({ path }).load('vault')).toMatchObject({ kind: 'corrupt' })
      await expect(fileKey({ path }).store('vault', key)).rejects.toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
      expect((await stat(path)).size).toBe(size)
    }
  })

  it('tells a missing folder, as of a disk that is not mounted, from a missing key', async () => {
    const provider = fileKey({ path: join(folder, 'disk', 'vault.key') })
    expect(await provider.load('vault')).toMatchObject({ kind: 'unavailable' })
    await expect(provider.store('vault', key)).rejects.toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    await mkdir(join(folder, 'disk'))
    expect(await provider.load('vault')).toMatchObject({ kind: 'absent' })
  })

  it('reports a write that the system refuses as a storage error, and leaves no temporary file', async () => {
    const program = fileURLToPath(new URL('programs/store-file-key.ts', import.meta.url))
    // A limit of 0 on the size of files stands for a full disk: creating the file works, writing to it does not.
    const limited = `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`
    const answer = execFileSync('bash', ['-c', limited, process.execPath, program, path], { encoding: 'utf8' })
    expect(JSON.parse(answer)).toMatchObject({ code: 'ERR_STORAGE_WRITE', retryable: true })
    expect(await readdir(folder)).toEqual([])
  })

  it('takes a relative path as relative to the working folder of now', () => {
    expect(fileKey({ path: 'x.key' }).id).toBe(`file:${join(process.cwd(), 'x.key')}`)
  })

  it('refuses wrong options with a TypeError that names the option', () => {
    expect(() => fileKey(undefined as never)).toThrow(/options/)
    for (const bad of ['', 7, null, undefined, 'a\0b']) expect(() => fileKey({ path: bad as string })).toThrow(/path/)
  })
})
