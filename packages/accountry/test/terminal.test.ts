import { fileURLToPath } from 'node:url'
import { startAuthorizationServer } from '@accountry/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAppVault } from './support/app-vault.ts'
import { startFakeBrowser } from './support/fake-browser.ts'
import { runInTerminal, type TerminalResult, type Typing } from './support/run-in-terminal.ts'
import { vaultFolder } from './support/vault-folder.ts'

const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

describe('a person at a terminal', () => {
  let folder: Awaited<ReturnType<typeof vaultFolder>>
  let server: Awaited<ReturnType<typeof startAuthorizationServer>>

  beforeAll(async () => {
    folder = await vaultFolder()
    server = await startAuthorizationServer()
    await makeAppVault(folder.path, server)
  })

  afterAll(async () => {
    await server.close()
    await folder[Symbol.asyncDispose]()
  })

  function accountry(args: string[], typing: Typing[] = [], env: Record<string, string> = {}): Promise<TerminalResult> {
    const base = { PATH: process.env['PATH'], HOME: folder.path, XDG_DATA_HOME: folder.path }
    return runInTerminal([process.execPath, bin, ...args], { ...base, ...env }, typing)
  }

  test('sees accounts in a table, with a heading that stands out', async () => {
    const { code, screen, raw } = await accountry(['list'])
    expect(code).toBe(0)
    expect(screen).toMatch(/^NAME +TYPE +STATE +LAST SIGN-IN\r\nana@example.com +com.example +ok/)
    expect(raw).toContain('\u001b[2mNAME')
    expect((await accountry(['list'], [], { NO_COLOR: '1' })).raw).not.toContain('\u001b[')
  })

  test('adds an account with the browser, and removes it after a question', async () => {
    await using browser = await startFakeBrowser(folder.path, async (url) => {
      await server.browser('ben').openBrowser?.({ url, signal: AbortSignal.timeout(10_000) })
    })
    const added = await accountry(['add'], [], { BROWSER: browser.command })
    expect(added.screen).toContain('Added ben@example.com (com.example).')
    expect(added.code).toBe(0)

    const kept = await accountry(['remove', 'ben'], [{ after: 'for every app that uses this vault?', keys: '\r' }])
    expect(kept).toMatchObject({ code: 130, screen: expect.stringContaining('Nothing was removed') })
    const removed = await accountry(['remove', 'ben'], [{ after: 'for every app that uses this vault?', keys: 'y' }])
    expect(removed).toMatchObject({ code: 0, screen: expect.stringContaining('Removed ben@example.com.') })
  })

  test('sees the address where there is no browser, and gives up with Ctrl-C', async () => {
    const result = await accountry(['add'], [{ after: '/auth?', keys: '\u0003' }])
    expect(result.screen).toContain('To sign in, open this address:')
    expect(result.code).toBe(130)
    expect((await accountry(['list', '--json'])).screen).not.toContain('ben')
  })

  test('signs in again as the same person only', async () => {
    await using browser = await startFakeBrowser(folder.path, async (url) => {
      await server.browser('ben').openBrowser?.({ url, signal: AbortSignal.timeout(10_000) })
    })
    const result = await accountry(['reauth', 'ana'], [], { BROWSER: browser.command })
    expect(result.code).toBe(3)
    expect(result.screen).toContain('To sign in as ana@example.com')
    expect(result.screen).toContain('nothing was changed')
  })

  test('watches synchronisation until Ctrl-C', async () => {
    const result = await accountry(['sync', 'watch'], [{ after: 'Ctrl-C ends it.', keys: '\u0003' }])
    expect(result.code).toBe(0)
  })
})
