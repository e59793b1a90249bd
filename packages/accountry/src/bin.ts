#!/usr/bin/env node
import { createAccountsCommand } from './command/accounts-command.ts'
import { openOwnAccounts } from './command/own-accounts.ts'

// A reader such as `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

void createAccountsCommand({ name: 'accountry', open: openOwnAccounts })
  .run(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code
  })
