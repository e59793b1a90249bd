import { PassThrough } from 'node:stream'
import { type AccountsCommandOptions, createAccountsCommand } from 'accountry/command'

export interface CommandResult {
  readonly code: number
  readonly output: string
  readonly errors: string
}

/** Runs a command as a program does that is not at a terminal. */
export function runCommand(open: AccountsCommandOptions['open'], ...args: string[]): Promise<CommandResult> {
  return runCommandWith(open, '', ...args)
}

/** The same with something on its stdin. */
export async function runCommandWith(
  open: AccountsCommandOptions['open'],
  input: string,
  ...args: string[]
): Promise<CommandResult> {
  const captured = { output: new PassThrough(), errors: new PassThrough(), input: new PassThrough() }
  captured.input.end(input)
  const texts = { output: '', errors: '' }
  for (const name of ['output', 'errors'] as const) {
    captured[name].on('data', (chunk) => {
      texts[name] += String(chunk)
    })
  }
  const code = await createAccountsCommand({ name: 'agenda', open, streams: captured }).run(args)
  return { code, ...texts }
}
