import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccountManager, InteractionHandler } from '@accountry/accounts'
import { AccountError, AccountManager as Manager } from '@accountry/accounts'
import { volatileKey } from '@accountry/keychain'
import { createOAuthAuthenticator } from '@accountry/oauth'
import type { AuthorizationServer } from '@accountry/testing'
import type { Command } from 'commander'
import { terminalInteraction } from '../terminal/terminal-interaction.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { tour } from './tour.ts'

export function addTryCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('try')
    .description('see it all work against an authorization server on this machine; leaves nothing behind')
    .option('--browser', 'sign in with your own browser instead of a scripted one')
    .action(runtime.action(tryOut))
}

async function tryOut(run: CommandRun, options: { browser?: boolean }): Promise<number> {
  const { startAuthorizationServer } = await loadTesting()
  await using server = await startAuthorizationServer({ accessTokenLifetimeS: 300, rotation: 'strict' })
  await using vault = await openTrialVault(server, interactionFor(run, server, options.browser === true))
  run.note(`An authorization server listens on ${server.issuer}; the vault is in memory and in ${vault.directory}.\n`)
  const steps: { name: string; ok: boolean; detail: string }[] = []
  for (const { name, perform } of tour) {
    run.signal.throwIfAborted()
    const { ok, detail } = await perform({ server, accounts: vault.accounts })
    steps.push({ name, ok, detail })
    const mark = ok ? run.style('green', '✓') : run.style('red', '✗')
    if (!run.isJson) run.streams.output.write(`${mark} ${name}\n    ${detail}\n`)
    if (!ok) break
  }
  const ok = steps.length === tour.length && steps.every((step) => step.ok)
  run.result({ ok, steps }, ok ? '\nEverything worked.' : '\nThis did not work as it should.')
  return ok ? EXIT_CODES.ok : EXIT_CODES.failed
}

async function loadTesting(): Promise<typeof import('@accountry/testing')> {
  try {
    return await import('@accountry/testing')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new AccountError(
      'ERR_UNSUPPORTED',
      'The authorization server for trying things out is a package of its own. Install it: npm i -D @accountry/testing',
    )
  }
}

function interactionFor(run: CommandRun, server: AuthorizationServer, inBrowser: boolean): InteractionHandler {
  if (!inBrowser) return server.browser()
  return terminalInteraction({ input: run.streams.input, output: run.streams.errors })
}

interface TrialVault extends AsyncDisposable {
  readonly directory: string
  readonly accounts: AccountManager
}

async function openTrialVault(server: AuthorizationServer, interaction: InteractionHandler): Promise<TrialVault> {
  const directory = await mkdtemp(join(tmpdir(), 'accountry-try-'))
  const accounts = await Manager.open({
    app: { id: 'accountry.try' },
    directory,
    keyProvider: volatileKey(),
    interaction,
    authenticators: [
      createOAuthAuthenticator({
        type: 'local',
        label: 'Local authorization server',
        issuer: server.issuer,
        clientId: server.clientId,
        tokenTypes: { tasks: { scopes: ['tasks.read'], label: 'Tasks' } },
      }),
    ],
  })
  return {
    directory,
    accounts,
    async [Symbol.asyncDispose]() {
      await accounts.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
