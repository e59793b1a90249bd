#!/usr/bin/env node
import { createAccountsCommand } from './command/accounts-command.ts'
import { EXIT_CODES } from './command/exit-codes.ts'
import { existingVaults, openOwnAccounts, peekOwnAccounts } from './command/own-accounts.ts'

let isOutputLost = false

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    // A reader such as `head` that has seen enough is no error.
    if (code === 'EPIPE' || isOutputLost) return
    isOutputLost = true
    process.exitCode = EXIT_CODES.failed
    if (stream === process.stdout) process.stderr.write(`accountry: the output cannot be written (${code})\n`)
  })
}

void createAccountsCommand({
  name: 'accountry',
  open: openOwnAccounts,
  completion: { open: peekOwnAccounts, vaults: existingVaults },
})
  .run(process.argv.slice(2))
  .then((code) => {
    process.exitCode = isOutputLost && code === EXIT_CODES.ok ? EXIT_CODES.failed : code
  })
