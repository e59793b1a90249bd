import type { Command } from 'commander'
import { hasBrowser, openInBrowser } from '../terminal/browser.ts'
import { terminalInteraction } from '../terminal/terminal-interaction.ts'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'

const ABOUT_THE_ADDRESS = `
The page is served on this machine only, while the command runs. Its address opens it in one browser, once, within ten
minutes; whoever opens it can change the accounts. With --json nothing is opened, and the address is the result.`

export function addUiCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('ui')
    .description('show accounts and synchronisation in the browser; Ctrl-C ends it')
    .option('--no-open', 'open no browser, only print the address')
    .addHelpText('after', ABOUT_THE_ADDRESS)
    .action(runtime.action(showPage))
}

async function showPage(run: CommandRun, options: { open: boolean }): Promise<undefined> {
  const { createPageInteraction, openSettingsPage } = await import('@accountry/settings')
  const { input, errors } = run.streams
  // What is asked before a browser shows the page, such as a passphrase, is asked here.
  const fallback = run.isInteractive ? { fallback: terminalInteraction({ input, output: errors }) } : {}
  const interaction = createPageInteraction(fallback)
  const { accounts, sync } = await run.accountry({ interaction })
  run.signal.throwIfAborted()
  await using page = await openSettingsPage({ accounts, sync, interaction, signal: run.signal })
  if (run.isJson) {
    run.line({ url: page.url.href }, '')
  } else {
    await present(run, page.url, options.open && hasBrowser(process.env))
  }
  await page.closed
  run.note('The page is closed.')
  return undefined
}

async function present(run: CommandRun, url: URL, opensBrowser: boolean): Promise<void> {
  const how = opensBrowser ? 'The page opens in your browser. If it does not, open' : 'Open'
  run.note(`${how} this address, which works once:\n\n  ${url.href}\n\nCtrl-C ends the page.`)
  if (!opensBrowser) return
  // The address above works in any browser, and the page goes on waiting for one.
  await openInBrowser(url).catch(() => run.note('No browser could be started here.'))
}
