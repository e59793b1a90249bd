#!/usr/bin/env node
import { createAccountsCommand } from './command/accounts-command.ts'
import { existingVaults, openOwnAccounts, peekOwnAccounts } from './command/own-accounts.ts'

// A reader such as `head` that has seen enough is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

void createAccountsCommand({
  name: 'accountry',
  open: openOwnAccounts,
  completion: { open: peekOwnAccounts, vaults: existingVaults },
})
  .run(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code
  })
