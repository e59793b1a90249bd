import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inspect } from 'node:util'
import { AccountError, AuthToken, SecretInput } from '@accountry/accounts'
import { type Canaries, createCanaries, startProcess } from '@accountry/testing'
import fc from 'fast-check'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'

let canaries: Canaries
let secret: string

beforeEach(() => {
  canaries = createCanaries()
  secret = canaries.canary('refresh token')
})

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'canaries-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const encodingsIn = async (text: string): Promise<string[]> => [
  ...new Set((await canaries.scan({ texts: [text] })).map(({ encoding }) => encoding)),
]

describe('a canary', () => {
  test('is the same for the same label, another for another, and fit for a header', () => {
    expect(canaries.canary('refresh token')).toBe(secret)
    expect(canaries.canary('password')).not.toBe(secret)
    expect(createCanaries().canary('refresh token')).not.toBe(secret)
    expect(new Headers({ authorization: `Bearer ${secret}` }).get('authorization')).toBe(`Bearer ${secret}`)
  })

  test('is named by its label, never by itself, and not taken for another with a label that begins alike', async () => {
    canaries.canary('refresh token 2')
    const findings = await canaries.scan({ texts: { 'the log': `before ${secret} after` } })
    expect(findings).toEqual([{ canary: 'refresh token', encoding: 'plain', place: 'the log', offset: 7 }])
    const error = await canaries.expectNoCanary({ texts: [secret] }).catch((reason: unknown) => reason)
    expect(String(error)).toContain('refresh token (plain) in text 0, byte 0')
    expect(inspect(error)).not.toContain(secret.slice(0, 12))
  })

  test('is found when only its beginning is there', async () => {
    const findings = await canaries.scan({ texts: [`token=${secret.slice(0, 20)}…`] })
    expect(findings).toMatchObject([{ canary: 'a canary that was cut short', offset: 6 }])
  })

  test('can be a secret that somebody else made, unless it is so short that it is found by chance', async () => {
    canaries.adopt('access token', 'eyJhbGciOiJub25lIn0.e30.')
    expect(await canaries.scan({ texts: ['Bearer eyJhbGciOiJub25lIn0.e30.'] })).toMatchObject([
      { canary: 'access token', offset: 7 },
    ])
    expect(() => canaries.adopt('pin', '1234')).toThrow(RangeError)
  })

  test('is found in a form body, where only what must be is escaped', async () => {
    canaries.adopt('refresh token of a server', '1//0abc+def/ghi=')
    const form = 'refresh_token=1%2F%2F0abc%2Bdef%2Fghi%3D&client_id=app'
    expect(await canaries.scan({ texts: [form] })).toEqual([
      { canary: 'refresh token of a server', encoding: 'url-encoded', place: 'text 0', offset: 14 },
    ])
  })
})

describe('the search in a text', () => {
  const forms: [string, (text: string) => string][] = [
    ['plain', (text) => `"${text}"`],
    ['hex', (text) => Buffer.from(text).toString('hex')],
    ['hex', (text) => Buffer.from(text).toString('hex').toUpperCase()],
    ['url-encoded', (text) => Buffer.from(text).toString('hex').replaceAll(/../g, '%$&')],
    ['url-encoded', (text) => Buffer.from(text).toString('hex').toUpperCase().replaceAll(/../g, '%$&')],
    ['utf-16', (text) => Buffer.from(text, 'utf16le').toString('latin1')],
    ['utf-16', (text) => Buffer.from(text, 'utf16le').swap16().toString('latin1')],
  ]

  test.each(forms)('finds %s', async (encoding, write) => {
    expect(await encodingsIn(`something ${write(secret)} something`)).toEqual([encoding])
  })

  test('finds base64 and base64url at every alignment, whatever stands before and after', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 9 }),
        fc.uint8Array({ maxLength: 9 }),
        fc.constantFrom('base64' as const, 'base64url' as const),
        async (before, after, encoding) => {
          const text = Buffer.concat([before, Buffer.from(secret), after]).toString(encoding)
          return (await encodingsIn(text)).some((found) => found === encoding || found === 'base64')
        },
      ),
      { numRuns: 100 },
    )
  })

  test('finds base64url where it differs from base64', async () => {
    const odd = '~~~???>>>~~~???>>>'
    canaries.adopt('odd', odd)
    expect(await encodingsIn(Buffer.from(odd).toString('base64url'))).toEqual(['base64url'])
    expect(await encodingsIn(Buffer.from(odd).toString('base64'))).toEqual(['base64'])
  })

  test('finds nothing where nothing is', async () => {
    const stranger = createCanaries().canary('refresh token')
    await canaries.expectNoCanary({ texts: [stranger, Buffer.from(stranger).toString('base64'), '[redacted]', ''] })
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200 }), async (text) => (await encodingsIn(text)).length === 0),
    )
  })
})

describe('the search in files', () => {
  test('goes through folders, hidden files, names and links, in any form', async () => {
    const path = await directory()
    await mkdir(join(path, 'a', '.b'), { recursive: true })
    await writeFile(join(path, 'a', '.b', 'log'), Buffer.from(`x${secret}`).toString('base64'))
    await writeFile(join(path, 'a', secret), 'an innocent file with a guilty name')
    await symlink(`/nowhere/${secret}`, join(path, 'link'))
    await writeFile(join(path, 'clean'), 'nothing')
    const findings = await canaries.scan({ directories: [path] })
    expect(findings.map(({ encoding, place }) => `${encoding} ${place.replace(path, '')}`).sort()).toEqual([
      'base64 /a/.b/log',
      `plain name of /a/${secret}`,
      'plain target of /link',
    ])
  })

  test('finds what lies across the border of two pieces of a big file', async () => {
    const path = await directory()
    const border = 4 * 1024 * 1024
    for (const shift of [1, 20, 40]) {
      const bytes = Buffer.alloc(border + 1_000)
      bytes.write(canaries.canary('single').split('~')[0] ?? '', border - shift)
      await writeFile(join(path, `big-${shift}`), bytes)
    }
    const findings = await canaries.scan({ directories: [path] })
    expect(
      findings.map(({ canary, offset }) => [canary, offset]).sort(([, one], [, other]) => Number(one) - Number(other)),
    ).toEqual([
      ['single', border - 40],
      ['single', border - 20],
      ['single', border - 1],
    ])
  })

  test('sees the write-ahead log of a database that this process has open, and disturbs no lock', async () => {
    const path = await directory()
    const database = new DatabaseSync(join(path, 'vault.db'))
    onTestFinished(() => database.close())
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE secrets (value TEXT) STRICT; BEGIN IMMEDIATE')
    database.prepare('INSERT INTO secrets VALUES (?)').run(secret)
    database.exec('COMMIT; BEGIN IMMEDIATE')

    const findings = await canaries.scan({ directories: [path] })
    expect(findings).toMatchObject([{ canary: 'refresh token', place: join(path, 'vault.db-wal') }])

    const other = new DatabaseSync(join(path, 'vault.db'), { timeout: 0 })
    onTestFinished(() => other.close())
    expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('locked')
    database.exec('ROLLBACK')
  })

  test('forgives a folder that is gone', async () => {
    expect(await canaries.scan({ directories: [join(await directory(), 'gone')] })).toEqual([])
  })
})

describe('the search in values', () => {
  const hidden = (value: unknown): object => Object.defineProperty({}, 'hidden', { value, enumerable: false })
  class Box {
    readonly #inside: string
    constructor(inside: string) {
      this.#inside = inside
    }
    get inside(): string {
      return this.#inside
    }
  }

  test.each<[string, (text: string) => unknown]>([
    ['a string', (text) => text],
    ['the message of an error', (text) => new Error(text)],
    ['a field of an error', (text) => Object.assign(new Error('no'), { response: { body: [text] } })],
    ['the cause of a cause', (text) => new Error('no', { cause: new Error('no', { cause: { body: text } }) })],
    ['one of several errors', (text) => new AggregateError([new Error('no'), new Error(text)])],
    ['a property that is not enumerable', (text) => hidden(text)],
    ['a property with a symbol', (text) => ({ [Symbol('token')]: text })],
    ['the name of a property', (text) => ({ [text]: 1 })],
    ['an own getter', (text) => Object.defineProperty({}, 'own', { get: () => text })],
    ['what JSON says', (text) => ({ toJSON: () => text })],
    ['what a string says', (text) => ({ toString: () => text })],
    ['what inspect says', (text) => ({ [inspect.custom]: () => text })],
    ['a map, a set and bytes', (text) => new Map([['k', new Set([Buffer.from(text)])]])],
    ['something deep', (text) => Array.from({ length: 15 }).reduce((inner) => ({ inner }), text)],
  ])('finds it in %s', async (_where, make) => {
    expect(await canaries.scan({ values: [make(secret)] })).not.toEqual([])
    expect(await canaries.scan({ values: [make('[redacted]')] })).toEqual([])
  })

  test('survives what bites its own tail and what throws when it is read', async () => {
    const cyclic: Record<string, unknown> = { secret }
    cyclic['self'] = cyclic
    const biting = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    const findings = await canaries.scan({
      values: {
        cyclic,
        throwing: {
          get no(): string {
            throw new Error('no')
          },
        },
      },
    })
    expect(findings).not.toEqual([])
    await expect(canaries.scan({ values: [biting] })).resolves.toEqual([])
  })

  test('leaves alone what only a decision gets out', async () => {
    const account = { id: '1', type: 'com.example', name: 'ana' }
    await canaries.expectNoCanary({
      values: [
        new Box(secret),
        new AuthToken({ value: secret, authTokenType: 'tasks', account }),
        new SecretInput(secret),
        new AccountError('ERR_NETWORK', 'no way', { cause: Object.assign(new Error(secret), { body: secret }) }),
      ],
    })
  })
})

describe('the search in processes', () => {
  test.runIf(process.platform === 'linux')('sees output, command line and environment', async () => {
    const worker = new URL('programs/worker.ts', import.meta.url)
    await using clean = startProcess(worker)
    await using guilty = startProcess(worker, [secret], { env: { TOKEN: secret } })
    for (const child of [clean, guilty]) {
      child.send({ kind: 'echo', value: 'ready' })
      await child.next()
    }
    await canaries.expectNoCanary({ processes: [clean] })
    const spoken = { stdout: `said ${secret}`, stderr: secret }
    const findings = await canaries.scan({ processes: [guilty, spoken] })
    expect(findings.map(({ place }) => place)).toEqual([
      `cmdline of process ${guilty.pid}`,
      `environ of process ${guilty.pid}`,
      'stdout of process 1',
      'stderr of process 1',
    ])
  })
})
