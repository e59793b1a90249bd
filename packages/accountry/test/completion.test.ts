import { fileURLToPath } from 'node:url'
import { createAccountsCommand } from 'accountry/command'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CandidateSources, candidatesFor } from '../src/command/completion/candidates.ts'
import { completionScript } from '../src/command/completion/scripts.ts'
import { isInstalled } from './support/installed.ts'
import { makeOddVault } from './support/odd-vault.ts'
import { runScript, type ScriptResult } from './support/run-script.ts'
import { TerminalPane } from './support/terminal-pane.ts'
import { vaultFolder } from './support/vault-folder.ts'

const SHELLS = [
  ['bash', 'bash --noprofile --norc -i', 'source <(accountry completion bash)'],
  ['zsh', 'zsh -f -i', 'autoload -U compinit; compinit -u -D; source <(accountry completion zsh)'],
  ['fish', 'fish --no-config -i', 'accountry completion fish | source'],
] as const

const account = (type: string, name: string) => ({ id: `id of ${name}`, type, name })

const sources: CandidateSources = {
  vaults: () => ['agenda', 'mail'],
  accounts: async (vault) =>
    vault === 'mail'
      ? [account('com.mail', 'mia')]
      : [
          account('com.example', 'ana'),
          account('com.example', 'anton'),
          account('com.other', 'ana'),
          account('com.other', '--all'),
          account('com.other', 'two\nlines'),
        ],
  authorities: async (vault, hint) => [`tasks of ${hint ?? 'all'} in ${vault ?? 'the only vault'}`],
}

async function complete(...words: string[]): Promise<string[]> {
  const program = createAccountsCommand({ name: 'agenda', open: () => Promise.reject(new Error('opened')) })
  return (await candidatesFor(program, words, sources)).map(({ value }) => value)
}

describe('what can follow', () => {
  test.each([
    [['s'], ['sync']],
    [
      ['sync', 'e'],
      ['enable', 'explain'],
    ],
    [['--v'], ['--version', '--vault']],
    [['sync', 'now', '--t'], ['--timeout']],
    [
      ['import', 'file', '--'],
      ['--key-file', '--if-exists', '--dry-run', '--yes', '--help', '--version', '--vault', '--json'],
    ],
    [
      ['import', 'file', '--if-exists', ''],
      ['keep', 'update'],
    ],
    [['import', 'file', '--if-exists=u'], ['--if-exists=update']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['--vault', ''],
      ['agenda', 'mail'],
    ],
    [['list', '--vault=m'], ['--vault=mail']],
    [
      ['list', '--type', ''],
      ['com.example', 'com.other'],
    ],
    [['default', '--unset', 'com.o'], ['com.other']],
    [['remove', 'an'], ['anton']],
    [
      ['remove', ''],
      ['com.example/ana', 'anton', 'com.other/ana', 'com.other/--all'],
    ],
    [
      ['remove', 'com.example/'],
      ['com.example/ana', 'com.example/anton'],
    ],
    [['remove', '--', 'ant'], ['anton']],
    [['--vault', 'mail', 'remove', ''], ['mia']],
    [['remove', '--vault=mail', 'm'], ['mia']],
    [['rm', 'ant'], ['anton']],
    [['export', 'ana', 'ant'], ['anton']],
    [['exec', '--env', 'API=tasks@ant'], ['API=tasks@anton']],
    [['exec', '--env', 'API='], []],
    [['exec', '--env', 'A=t@x', '--', 'pro'], []],
    [['sync', 'now', 'ana', ''], ['tasks of ana in the only vault']],
    [['add', 'com.e'], ['com.example']],
    [['rename', 'ana', ''], []],
    [['nonsense', ''], []],
    [['__c'], []],
  ])('%j is %j', async (words, expected) => {
    expect(await complete(...words)).toEqual(expected)
  })
})

describe('accountry __complete', () => {
  const bin = new URL('../src/bin.ts', import.meta.url)
  let folder: Awaited<ReturnType<typeof vaultFolder>>

  beforeAll(async () => {
    folder = await vaultFolder()
    await makeOddVault(folder.path)
  })

  afterAll(async () => {
    await folder[Symbol.asyncDispose]()
  })

  function ask(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ScriptResult> {
    return runScript(bin, { args: ['__complete', '--', ...words], env: { XDG_DATA_HOME: folder.path, ...env } })
  }

  test('lists accounts of a vault that nobody unlocked, and asks nobody', async () => {
    const result = await ask(['remove', ''], { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' })
    expect(result).toMatchObject({ code: 0, errors: '' })
    expect(result.output).toContain('ana@example.com\tcom.example\n')
    expect(result.output).not.toMatch(/canary/)
  })

  test.each([
    ['no vault', ['remove', ''], { XDG_DATA_HOME: '/nonexistent' }],
    ['a vault that does not exist', ['--vault', 'nope', 'remove', ''], {}],
    ['nothing that can follow', ['nonsense', ''], {}],
    ['no words at all', [], { ACCOUNTRY_VAULT: 'nope' }],
  ])('is silent when there is %s', async (_what, words, env) => {
    const result = await ask(words, env)
    expect(result).toMatchObject({ code: 0, errors: '' })
    if (words.length > 0) expect(result.output).toBe('')
  })

  test('a script is printed for each shell, and another shell is a mistake', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, output, errors } = await runScript(bin, { args: ['completion', shell] })
      expect({ code, errors }).toEqual({ code: 0, errors: '' })
      expect(output).toContain(`Completion of accountry for ${shell}`)
    }
    expect(await runScript(bin, { args: ['completion', 'csh'] })).toMatchObject({ code: 2, output: '' })
  })

  describe.skipIf(!isInstalled('tmux'))('at a Tab in a real shell', () => {
    const lines: (readonly [typed: string, completed: string])[] = [
      ['accountry token ana@', 'accountry token ana@example.com'],
      ['accountry remove my', 'accountry remove my\\ work'],
      ["accountry remove 'my", "accountry remove 'my work'"],
      ['accountry exec --env A=tasks@an', 'accountry exec --env A=tasks@ana@example.com'],
      ['accountry default com.odd/-', 'accountry default com.odd/--all'],
      ['accountry reau', 'accountry reauth'],
      ['accountry --vault a', 'accountry --vault agenda'],
      ['accountry import f --if-exists=u', 'accountry import f --if-exists=update'],
      ['accountry remove \\$', 'accountry remove \\$\\(touch\\ pwned\\)'],
    ]

    test.each(SHELLS.filter(([shell]) => isInstalled(shell)))(
      '%s completes',
      async (shell, command, setUp) => {
        await using terminal = await TerminalPane.open({
          shell: command,
          columns: 120,
          env: { XDG_DATA_HOME: folder.path },
        })
        await terminal.enter(`${setUp}; clear; echo ready`)
        await terminal.see(/^ready$/m)
        for (const [typed, completed] of lines) {
          const expected = typeof completed === 'string' ? completed : completed[shell]
          if (expected === undefined) continue
          await terminal.type(typed)
          await terminal.press('Tab')
          await terminal.see(completed)
          await terminal.press('C-u')
          await terminal.enter('clear; echo again')
          await terminal.see(/^again$/m)
        }
        await terminal.enter('clear; ls')
        expect(await terminal.see(/accountry/)).not.toContain('pwned')
      },
      120_000,
    )
  })
})

describe('under the name of an app', () => {
  test('several words are the beginning of a command line, and odd ones stay quoted', () => {
    const script = completionScript('bash', "my app's accounts", '__complete')
    expect(script).toContain("local -a own=('my' 'app'\\''s' 'accounts')")
    expect(script).toContain("complete -o default -F _my_app_s_accounts_complete 'my'")
  })

  test.skipIf(!isInstalled('tmux'))(
    'a Tab completes the words of the name, then the commands, then the accounts',
    async () => {
      await using folder = await vaultFolder()
      await makeOddVault(folder.path)
      const app = fileURLToPath(new URL('support/agenda-app.ts', import.meta.url))
      const agenda = `agenda() { '${process.execPath}' '${app}' "$@"; }`
      for (const [shell, command, setUp] of SHELLS.filter(([name]) => isInstalled(name))) {
        if (shell === 'fish') continue
        await using terminal = await TerminalPane.open({ shell: command, env: { VAULT_FOLDER: folder.path } })
        await terminal.enter(`${agenda}; ${setUp.replaceAll('accountry', 'agenda accounts')}; clear; echo ready`)
        await terminal.see(/^ready$/m)
        await terminal.type('agenda acc')
        await terminal.press('Tab')
        await terminal.see(/agenda accounts\s*$/m)
        await terminal.type('rena')
        await terminal.press('Tab')
        await terminal.see(/agenda accounts rename\s*$/m)
        await terminal.type('ana@')
        await terminal.press('Tab')
        await terminal.see('agenda accounts rename ana@example.com')
      }
    },
    120_000,
  )
})
