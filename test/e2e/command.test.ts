import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startAuthorizationServer } from '@accountry/testing'
import { createOAuthAuthenticator, openAccountry } from 'accountry'
import { fileKey } from 'accountry/keychain'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compileCache } from '../support/compile-cache.ts'
import { startScriptedBrowser } from './support/scripted-browser.ts'

const bin = fileURLToPath(new URL('../../packages/accountry/src/bin.ts', import.meta.url))

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'accountry-command-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Starts the installed command as a shell does. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: join(folder, 'data'), ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    texts.output += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    texts.errors += String(chunk)
  })
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts })) }
}

async function accountry(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return await start(args, env).ended
}

/** The same in a pseudo-terminal, for what needs a person; stdout and stderr are one there. */
async function atTerminal(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Omit<Ended, 'errors'>> {
  const words = [process.execPath, bin, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', words, '/dev/null'], {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_DATA_HOME: join(folder, 'data'),
      SHELL: '/bin/sh',
      ...compileCache,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  const [code] = await once(child, 'close')
  return { code, output }
}

/** What is left of an app after its first start: an empty vault, and how to sign in. */
async function installApp(vault: string, issuer: string, clientId: string): Promise<void> {
  const directory = join(folder, 'data', 'accountry', vault)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await using _app = await openAccountry({
    app: { id: `com.example.${vault}` },
    directory,
    keyProvider: fileKey({ path: join(folder, `${vault}.key`) }),
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        issuer,
        clientId,
        tokenTypes: { tasks: { scopes: ['tasks.read'] } },
      }),
    ],
  })
}

describe('the accountry command, from an empty machine to an empty machine', () => {
  test('no vault, an app, an account, its token, another vault by export and import, the page, and gone', async () => {
    await using server = await startAuthorizationServer({ rotation: 'strict' })
    await using browser = await startScriptedBrowser(folder, server.browser('ana'))
    const env = { BROWSER: browser.command }

    expect(await accountry(['list'])).toMatchObject({ code: 0, output: 'No accounts yet.\n' })
    expect(await accountry(['doctor'], { DBUS_SESSION_BUS_ADDRESS: undefined })).toMatchObject({ code: 0 })

    await installApp('agenda', server.issuer, server.clientId)
    expect((await accountry(['list'])).errors).toBe('Add one: accountry add\n')
    expect(await accountry(['add'], env)).toMatchObject({ code: 3, output: '' })
    const added = await atTerminal(['add'], env)
    expect(added).toMatchObject({ code: 0, output: expect.stringContaining('Added ana@example.com (com.example).') })
    expect((await accountry(['default', 'ana'])).code).toBe(0)
    const token = await accountry(['token', 'ana', 'tasks'])
    expect(token.output).toMatch(/^eyJ\S+\n$/)
    const child = ['-e', 'process.exit(process.env.TASKS.startsWith("eyJ") ? 42 : 1)']
    expect((await accountry(['exec', '--env', 'TASKS=tasks@ana', '--', process.execPath, ...child])).code).toBe(42)
    expect((await accountry(['rename', 'ana', 'Ana at work'])).code).toBe(0)
    expect((await accountry(['doctor'])).code).toBe(0)

    const [file, key] = [join(folder, 'accounts.jwe'), join(folder, 'accounts.key')]
    expect((await accountry(['export', '--to', file, '--key-file', key])).code).toBe(0)
    expect(await readFile(file, 'utf8')).not.toContain('Ana')
    await installApp('laptop', server.issuer, server.clientId)
    const unclear = await accountry(['list'])
    expect(unclear).toMatchObject({ code: 2, errors: expect.stringContaining('--vault: agenda, laptop') })
    const laptop = { ...env, ACCOUNTRY_VAULT: 'laptop' }
    expect((await accountry(['import', file, '--key-file', key, '--yes'], laptop)).code).toBe(0)
    expect((await accountry(['token', 'Ana', 'tasks'], laptop)).output).toMatch(/^eyJ/)

    await usePage(laptop)

    expect((await accountry(['remove', 'Ana', '--yes'], laptop)).output).toBe('Removed Ana at work.\n')
    const agenda = { ...env, ACCOUNTRY_VAULT: 'agenda' }
    // The service ended the access with the removal on the laptop, and the command says who can mend it.
    const ended = await accountry(['token', 'Ana', 'tasks', '--force'], agenda)
    expect(ended).toMatchObject({ code: 3, output: '', errors: expect.stringContaining('accountry reauth') })
    expect((await accountry(['doctor'], agenda)).code).toBe(1)
    expect((await atTerminal(['reauth', 'Ana'], agenda)).code).toBe(0)
    expect((await accountry(['token', 'Ana', 'tasks'], agenda)).output).toMatch(/^eyJ/)
    expect((await accountry(['remove', 'Ana', '--yes'], agenda)).code).toBe(0)
    expect((await accountry(['list', '--json'], agenda)).output).toBe('[]\n')
  }, 120_000)

  /** Brings the page up, enters it as a browser does, and ends it with Ctrl-C. */
  async function usePage(env: NodeJS.ProcessEnv): Promise<void> {
    const { child, ended } = start(['ui', '--json'], env)
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer]
    const { url } = JSON.parse(String(line)) as { url: string }
    expect(new URL(url).hostname).toBe('127.0.0.1')
    const entered = await fetch(url, { redirect: 'manual' })
    expect(entered.status).toBeLessThan(400)
    expect(entered.headers.get('set-cookie')).toMatch(/HttpOnly/i)
    const cookie = entered.headers
      .getSetCookie()
      .map((text) => text.split(';')[0])
      .join('; ')
    const page = await fetch(new URL(entered.headers.get('location') ?? '', url), { headers: { cookie } })
    expect(await page.text()).toContain('<html')
    expect((await fetch(url, { redirect: 'manual' })).status).toBeGreaterThanOrEqual(400)
    child.kill('SIGINT')
    expect(await ended).toMatchObject({ code: 0, errors: '' })
    await expect(fetch(new URL('/', url))).rejects.toThrow()
  }
})
