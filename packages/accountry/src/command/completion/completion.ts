import { Argument, type Command } from 'commander'
import { printable } from '../../terminal/printable.ts'
import type { CommandRun } from '../command-run.ts'
import type { CommandRuntime } from '../command-runtime.ts'
import { findAccount } from '../find-account.ts'
import { knownTargets } from '../sync-targets.ts'
import { type CandidateSources, candidatesFor } from './candidates.ts'
import { completionScript, SHELLS, type Shell } from './scripts.ts'

/** What the scripts call at every Tab. */
const HIDDEN_COMMAND = '__complete'
/** A shell that waits for longer seems to hang. */
const PATIENCE_MS = 2_000

export function addCompletionCommands(program: Command, runtime: CommandRuntime): void {
  const { name } = runtime
  program
    .command('completion')
    .description('print a script that completes commands, options and accounts in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', setUpText(name))
    .action(runtime.action(printScript))
  program
    .command(HIDDEN_COMMAND, { hidden: true })
    .argument('[words...]', 'what was typed, after --')
    .action((words: readonly string[]) => complete(program, runtime, words))
}

function setUpText(name: string): string {
  return `
Set it up once:
  bash   echo 'source <(${name} completion bash)' >> ~/.bashrc
  zsh    echo 'source <(${name} completion zsh)' >> ~/.zshrc      (after compinit)
  fish   ${name} completion fish > ~/.config/fish/completions/${name.split(' ')[0]}.fish`
}

function printScript(run: CommandRun, shell: Shell): Promise<undefined> {
  const script = completionScript(shell, run.name, HIDDEN_COMMAND)
  run.result({ shell, script }, script.trimEnd())
  return Promise.resolve(undefined)
}

/** Whatever goes wrong, a Tab that completes nothing is all that a person sees of it. */
async function complete(program: Command, runtime: CommandRuntime, words: readonly string[]): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS)
  const tooLong = new Promise<never[]>((resolve) => patience.addEventListener('abort', () => resolve([])))
  const found = candidatesFor(program, words, sourcesFrom(runtime, patience)).catch(() => [])
  for (const { value, description } of await Promise.race([found, tooLong])) {
    runtime.print(description === undefined ? value : `${value}\t${printable(description)}`)
  }
}

function sourcesFrom(runtime: CommandRuntime, signal: AbortSignal): CandidateSources {
  return {
    vaults: () => runtime.vaultNames(),
    async accounts(vault) {
      await using accountry = await runtime.peek({ vault, signal })
      return await accountry.accounts.getAccounts()
    },
    async authorities(vault, hint) {
      await using accountry = await runtime.peek({ vault, signal })
      const { accounts, sync } = accountry
      const account = hint === undefined ? undefined : findAccount(await accounts.getAccounts(), hint)
      return [...new Set((await knownTargets(accounts, sync, account)).map(({ authority }) => authority))]
    },
  }
}
