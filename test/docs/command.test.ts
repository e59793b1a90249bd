import { createAccountsCommand, EXIT_CODES } from 'accountry/command'
import { describe, expect, test } from 'vitest'
import { textOf } from '../support/repository.ts'

const page = textOf('docs/guide/command.md')
const program = createAccountsCommand({ name: 'accountry', open: () => Promise.reject(new Error('nothing is opened')) })

interface Documented {
  readonly path: string
  readonly options: readonly string[]
}

type Command = (typeof program)['commands'][number]

function documented(command: Command, path: string): Documented[] {
  const help = command.createHelp()
  const options = help.visibleOptions(command).flatMap(({ long }) => long ?? [])
  const below = help.visibleCommands(command).filter((child) => child.name() !== 'help')
  return [{ path, options }, ...below.flatMap((child) => documented(child, `${path} ${child.name()}`))]
}

const all = documented(program, 'accountry')
const commands = all.slice(1)
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')).trim(), text]),
)

describe('docs/guide/command.md', () => {
  test('has a section for every command, and for no other', () => {
    const headings = [...sections.keys()].filter((heading) => heading.startsWith('accountry '))
    const paths = commands.map(({ path }) => path)
    expect([...headings].sort()).toEqual([...paths].sort())
  })

  test.each(commands)('explains every option of $path, and none that it does not have', ({ path, options }) => {
    const listed = [...(sections.get(path) ?? '').matchAll(/^- `(--[\w-]+)/gm)].map(([, option]) => option)
    expect(listed.sort()).toEqual(options.filter((option) => option !== '--help').sort())
  })

  test('explains the options that are understood everywhere', () => {
    const general = sections.get('What it prints') ?? ''
    const listed = [...general.matchAll(/^- `(--[\w-]+)/gm)].map(([, option]) => option)
    expect(listed.sort()).toEqual([...(all[0]?.options ?? [])].sort())
  })

  test('lists every exit code, and so does the help', () => {
    const codes = Object.values(EXIT_CODES).map(String)
    expect([...page.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => code)).toEqual(codes)
    let help = ''
    program.configureOutput({
      writeOut: (text) => {
        help += text
      },
    })
    program.outputHelp()
    expect([...help.matchAll(/^ {2}(\d+) {2,}/gm)].map(([, code]) => code)).toEqual(codes)
  })
})
