import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startAuthorizationServer } from '@accountry/testing'
import { createOAuthAuthenticator, openAccountry } from 'accountry'
import { fileKey, passphraseKey } from 'accountry/keychain'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeAppVault } from './support/app-vault.ts'
import { startFakeBrowser } from './support/fake-browser.ts'
import { isInstalled } from './support/installed.ts'
import { type PaneOptions, TerminalPane } from './support/terminal-pane.ts'
import { vaultFolder } from './support/vault-folder.ts'

const ESCAPE = '\u001b['

describe.skipIf(!isInstalled('tmux'))('in a real terminal', () => {
  let folder: Awaited<ReturnType<typeof vaultFolder>>
  let server: Awaited<ReturnType<typeof startAuthorizationServer>>

  beforeAll(async () => {
    folder = await vaultFolder()
    server = await startAuthorizationServer()
    await makeAppVault(folder.path, server)
    await using app = await openAccountry({
      app: { id: 'com.example.agenda' },
      directory: join(folder.path, 'accountry', 'agenda'),
      keyProvider: fileKey({ path: join(folder.path, 'key') }),
      authenticators: [
        createOAuthAuthenticator({
          type: 'com.other',
          label: 'Other',
          issuer: server.issuer,
          clientId: server.clientId,
          tokenTypes: { tasks: { scopes: ['tasks.read'] } },
        }),
      ],
    })
    for (const name of ['日本語 太郎', 'שלום', '🎉 party', '--all']) {
      await app.accounts.addAccountExplicitly({ type: 'com.other', name })
    }
  })

  afterAll(async () => {
    await server.close()
    await folder[Symbol.asyncDispose]()
  })

  function pane(options: PaneOptions = {}): Promise<TerminalPane> {
    return TerminalPane.open({ ...options, env: { XDG_DATA_HOME: folder.path, ...options.env } })
  }

  test('accountry try shows each step in colour, also in a narrow window', async () => {
    await using terminal = await pane({ columns: 40 })
    const { screen, code } = await terminal.run('accountry try')
    expect(code).toBe(0)
    expect(screen).toContain('✓ Remove the account and end its access')
    expect(screen).toContain('Everything worked.')
    expect(await terminal.colours()).toContain(`${ESCAPE}32m✓`)
  })

  test('a list lines up whatever the names are written in, and colours follow NO_COLOR and pipes', async () => {
    await using terminal = await pane()
    const { screen, code } = await terminal.run('accountry list')
    expect(code).toBe(0)
    // In cells, not in characters: a wide one takes two, and tmux prints it as one.
    const column = 'no credential    '.length
    for (const [name, cells] of [
      ['ana@example.com', 15],
      ['日本語 太郎', 11],
      ['🎉 party', 8],
      ['--all', 5],
    ] as const) {
      const line = screen.split('\n').find((text) => text.startsWith(name))
      expect(line?.slice(name.length)).toMatch(new RegExp(`^ {${column - cells}}com\\.`))
    }
    expect(await terminal.colours()).toContain(`${ESCAPE}2mNAME`)
    await terminal.run('NO_COLOR=1 accountry list')
    expect(await terminal.colours()).not.toContain(ESCAPE)
    await terminal.run('accountry list | cat')
    expect(await terminal.colours()).not.toContain(ESCAPE)
    await terminal.run('accountry doctor --offline')
    expect(await terminal.colours()).toContain(`${ESCAPE}33m!`)
  })

  test('a list in a narrow window has a block for each account, and no line that wraps', async () => {
    await using terminal = await pane({ columns: 40, rows: 60 })
    const { screen } = await terminal.run('accountry list')
    expect(screen).toMatch(/^日本語 太郎\n {2}TYPE +com\.other\n {2}STATE +ok\n {2}LAST SIGN-IN +-$/m)
    await terminal.run('TERM=dumb accountry doctor --offline')
    const help = await terminal.run('accountry sync --help')
    expect(help.screen.split('\n').every((line) => line.length <= 40)).toBe(true)
  })

  test('an account is added by choosing its type with the arrow keys', async () => {
    await using browser = await startFakeBrowser(folder.path, async (url) => {
      await server.browser('ben').openBrowser?.({ url, signal: AbortSignal.timeout(10_000) })
    })
    await using terminal = await pane({ env: { BROWSER: browser.command } })
    await terminal.start('accountry add')
    await terminal.see('What kind of account?')
    await terminal.press('Down')
    await terminal.see(/● Other/)
    await terminal.press('Enter')
    const { screen, code } = await terminal.end()
    expect(screen).toContain('Added ben@example.com (com.other).')
    expect(code).toBe(0)
    expect(browser.opened).toHaveLength(1)

    await terminal.start('accountry remove ben')
    await terminal.see('Remove ben@example.com (com.other)')
    await terminal.press('Left', 'Enter')
    expect(await terminal.end()).toMatchObject({ code: 0, screen: expect.stringContaining('Removed ben@example.com.') })
  })

  test.each([
    ['C-c', 'accountry add', 'What kind of account?', 'Nothing was added'],
    ['Escape', 'accountry add', 'What kind of account?', 'Nothing was added'],
    ['C-c', 'accountry remove ana', 'Remove ana@example.com', 'Nothing was removed'],
    ['Escape', 'accountry remove ana', 'Remove ana@example.com', 'Nothing was removed'],
    ['Enter', 'accountry remove ana', 'Remove ana@example.com', 'Nothing was removed'],
    ['C-c', 'accountry add com.example', 'open this address', ''],
    ['C-c', 'accountry import key', 'Key of the export', 'No key was given'],
  ])(
    '%s at "%s" ends it with 130, changes nothing, and leaves a usable terminal',
    async (key, command, question, says) => {
      await using terminal = await pane()
      await terminal.enter(`cd '${folder.path}'`)
      await terminal.start(command)
      await terminal.see(question)
      await terminal.press(key)
      const { screen, code } = await terminal.end()
      expect(code).toBe(130)
      expect(screen).toContain(says)
      const { screen: after } = await terminal.run('accountry list --type com.example')
      expect(after).toContain('ana@example.com')
      expect(after).not.toContain('ben')
    },
  )

  test('an account whose name looks like an option is named after --, or with its type', async () => {
    await using terminal = await pane()
    expect((await terminal.run('accountry default --all')).code).toBe(2)
    expect((await terminal.run('accountry default -- --all')).screen).toContain('--all is the default account')
    expect((await terminal.run('accountry default com.other/--all')).code).toBe(0)
  })
})

describe.skipIf(!isInstalled('tmux'))('a vault with a passphrase, in a real terminal', () => {
  test('asks for it, hides it, asks again, and takes Ctrl-C for no', async () => {
    await using folder = await vaultFolder()
    const directory = join(folder.path, 'accountry', 'agenda')
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const keyProvider = passphraseKey({ prompt: () => Promise.resolve('open sesame') })
    await (await openAccountry({ app: { id: 'com.example.agenda' }, directory, keyProvider })).close()
    await using terminal = await TerminalPane.open({ columns: 160, env: { XDG_DATA_HOME: folder.path } })

    await terminal.start('accountry doctor --offline')
    await terminal.see('Passphrase of the vault')
    await terminal.enter('wrong')
    await terminal.see('That was not it. Passphrase of the vault')
    await terminal.enter('open sesame')
    const { screen, code } = await terminal.end()
    expect(screen).toContain('✓ Key guarded by passphrase')
    expect(screen).not.toMatch(/sesame|wrong/)
    expect(code).toBe(0)

    await terminal.start('accountry list')
    await terminal.see('Passphrase of the vault')
    await terminal.press('C-c')
    expect((await terminal.end()).code).toBe(130)
    const piped = await terminal.run('accountry doctor --offline < /dev/null 2>&1 | cat')
    expect(piped.screen).toContain('the passphrase has to be typed, and nobody is at a terminal')
  })
})

describe.skipIf(!isInstalled('tmux'))('accountry ui, in a real terminal', () => {
  test('opens the browser, says where the page is, and ends with Ctrl-C', async () => {
    await using folder = await vaultFolder()
    await using server = await startAuthorizationServer()
    await makeAppVault(folder.path, server)
    await using browser = await startFakeBrowser(folder.path, async (url) => {
      await fetch(url, { redirect: 'manual' })
    })
    const env = { XDG_DATA_HOME: folder.path, BROWSER: browser.command }
    await using terminal = await TerminalPane.open({ env, columns: 200 })

    await terminal.start('accountry ui')
    const shown = await terminal.see('Ctrl-C ends the page.')
    const address = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(shown)?.[0] ?? ''
    await expect.poll(() => browser.opened, { timeout: 10_000 }).toEqual([address])
    await terminal.press('C-c')
    const { screen, code } = await terminal.end()
    expect(screen).toContain('The page is closed.')
    expect(code).toBe(0)
    await expect(fetch(address)).rejects.toThrow()

    await terminal.start('accountry ui --no-open > out')
    await terminal.see('Open this address, which works once:')
    await terminal.press('C-c')
    expect((await terminal.end()).code).toBe(0)
    expect((await terminal.run('wc -c < out')).screen).toMatch(/^\s*0$/m)
    expect(browser.opened).toHaveLength(1)
  })
})
