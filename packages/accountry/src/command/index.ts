export type { AccountsCommand, AccountsCommandOptions } from './accounts-command.ts'
export { createAccountsCommand } from './accounts-command.ts'
export type { CommandStreams, OpenRequest } from './command-run.ts'
export { EXIT_CODES } from './exit-codes.ts'
