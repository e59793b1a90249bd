import type { Account } from '@accountry/accounts'
import type { Argument, Command, Option } from 'commander'
import { printable } from '../../terminal/printable.ts'

/** One way in which the word under the cursor can go on. */
export interface Candidate {
  readonly value: string
  readonly description?: string
}

/** What completion may look up. Nothing of it asks a person or a keychain. */
export interface CandidateSources {
  vaults(): readonly string[]
  accounts(vault: string | undefined): Promise<readonly Account[]>
  authorities(vault: string | undefined, account: string | undefined): Promise<readonly string[]>
}

/** What was typed before the word under the cursor, understood as the parser will. */
interface Typed {
  readonly command: Command
  readonly operands: readonly string[]
  readonly isAfterDashes: boolean
  /** The option whose value is being typed. */
  readonly option: Option | undefined
  readonly vault: string | undefined
}

/**
 * How the last of `words` can go on.
 *
 * @param words What stands after the program's name; the last one is under the cursor and may be empty.
 */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  sources: CandidateSources,
): Promise<Candidate[]> {
  const current = words.at(-1) ?? ''
  const typed = readWords(program, words.slice(0, -1))
  const found = await possible(typed, current, sources)
  return found.filter(({ value }) => value.startsWith(current) && isOneLine(value))
}

async function possible(typed: Typed, current: string, sources: CandidateSources): Promise<Candidate[]> {
  if (typed.option !== undefined) return await valuesOf(typed.option, current, typed, sources)
  const isOption = current.startsWith('-') && !typed.isAfterDashes
  const equals = isOption ? current.indexOf('=') : -1
  if (equals > 0) {
    const name = current.slice(0, equals)
    const option = optionsOf(typed.command).find((candidate) => hasFlag(candidate, name))
    if (option === undefined) return []
    const values = await valuesOf(option, current.slice(equals + 1), typed, sources)
    return values.map(({ value, ...rest }) => ({ ...rest, value: `${name}=${value}` }))
  }
  if (isOption) return optionNames(typed.command)
  if (typed.command.commands.length > 0) return typed.operands.length > 0 ? [] : subcommandNames(typed.command)
  const argument = argumentAt(typed.command, typed.operands.length)
  return argument === undefined ? [] : await operandsFor(argument, current, typed, sources)
}

function readWords(program: Command, words: readonly string[]): Typed {
  let command = program
  let isAfterDashes = false
  let option: Option | undefined
  let vault: string | undefined
  const operands: string[] = []
  for (const word of words) {
    if (option !== undefined) {
      if (option.long === '--vault') vault = word
      option = undefined
    } else if (isAfterDashes || !word.startsWith('-') || word === '-') {
      const next = operands.length > 0 ? undefined : command.commands.find((child) => isNamed(child, word))
      if (next === undefined) operands.push(word)
      else command = next
    } else if (word === '--') {
      isAfterDashes = true
    } else {
      const [name = '', ...value] = word.split('=')
      const known = optionsOf(command).find((candidate) => hasFlag(candidate, name))
      if (known?.required === true && value.length === 0) option = known
      else if (known?.long === '--vault') vault = value.join('=')
    }
  }
  return { command, operands, isAfterDashes, option, vault }
}

function isNamed(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word)
}

function hasFlag({ short, long }: Option, name: string): boolean {
  return name === short || name === long
}

/** Options of the command and of those above it, which are understood anywhere on the line. */
function optionsOf(command: Command): Option[] {
  const above = command.parent === null ? [] : optionsOf(command.parent)
  return [...command.createHelp().visibleOptions(command), ...above]
}

function optionNames(command: Command): Candidate[] {
  const byName = new Map<string, Candidate>()
  for (const { long, description } of optionsOf(command)) {
    if (typeof long === 'string' && !byName.has(long)) byName.set(long, { value: long, description })
  }
  return [...byName.values()]
}

function subcommandNames(command: Command): Candidate[] {
  const visible = command.createHelp().visibleCommands(command)
  return visible.map((child) => ({ value: child.name(), description: child.description() }))
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const last = command.registeredArguments.at(-1)
  return command.registeredArguments[index] ?? (last?.variadic === true ? last : undefined)
}

async function operandsFor(
  argument: Argument,
  current: string,
  typed: Typed,
  sources: CandidateSources,
): Promise<Candidate[]> {
  if (argument.argChoices !== undefined) return argument.argChoices.map((value) => ({ value }))
  const name = argument.name()
  if (name === 'account') return accountCandidates(await sources.accounts(typed.vault), current)
  if (name === 'type') return typeCandidates(await sources.accounts(typed.vault))
  if (name === 'authority') {
    return (await sources.authorities(typed.vault, typed.operands[0])).map((value) => ({ value }))
  }
  return []
}

const TYPE_VALUE = /<type>$/
const TOKEN_VARIABLE = /^(?<start>[^=]+=[^@]+@).*$/s

async function valuesOf(
  option: Option,
  current: string,
  typed: Typed,
  sources: CandidateSources,
): Promise<Candidate[]> {
  if (option.argChoices !== undefined) return option.argChoices.map((value) => ({ value }))
  if (option.long === '--vault') return sources.vaults().map((value) => ({ value }))
  if (TYPE_VALUE.test(option.flags)) return typeCandidates(await sources.accounts(typed.vault))
  const start = option.long === '--env' ? TOKEN_VARIABLE.exec(current)?.groups?.['start'] : undefined
  if (start === undefined) return []
  const accounts = accountCandidates(await sources.accounts(typed.vault), current.slice(start.length))
  return accounts.map(({ value, ...rest }) => ({ ...rest, value: start + value }))
}

/** A name is enough where only one account has it; one that would be taken for an option is written with its type. */
function accountCandidates(accounts: readonly Account[], current: string): Candidate[] {
  return accounts.map(({ id, type, name }) => {
    const isClear = accounts.filter((other) => other.name === name).length === 1 && !name.startsWith('-')
    const value = isClear && !current.startsWith(`${type}/`) ? name : `${type}/${name}`
    return { value: isOneLine(value) ? value : id, description: printable(type) }
  })
}

function typeCandidates(accounts: readonly Account[]): Candidate[] {
  return [...new Set(accounts.map(({ type }) => type))].map((value) => ({ value }))
}

/** A shell reads one candidate a line, and shows it as it is. */
function isOneLine(value: string): boolean {
  return printable(value) === value
}
