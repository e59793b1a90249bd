import type { AccountError, AccountErrorAction } from '@accountry/accounts'
import { isAccountError } from '@accountry/accounts'

type Advice = (error: AccountError, command: string) => string

const ADVICE: Partial<Record<AccountErrorAction, Advice>> = {
  'sign-in': ({ account }, command) =>
    account === undefined ? `Sign in: ${command} add` : `Sign in again: ${command} reauth "${account.name}"`,
  unlock: (_error, command) =>
    `Unlock the keychain (log in to the desktop, or open its password manager) and try again; ${command} doctor says more`,
  allow: () => 'Allow it in the app that owns the account',
  'choose-account': (_error, command) => `Name the account; ${command} list shows them`,
  'check-network': () => 'Check the network connection and try again',
  'check-clock': (_error, command) => `Check the clock of this machine; ${command} doctor compares it`,
  'check-permissions': (_error, command) => `Check the permissions of the vault; ${command} doctor names the folder`,
  'free-disk': () => 'Free some disk space and try again',
  'restore-key': (_error, command) =>
    `The key that opens the vault is missing; ${command} doctor says where it was kept`,
  'update-app': () => 'Update this program',
  wait: ({ retryAt }) =>
    retryAt === undefined ? 'Try again later' : `Try again after ${new Date(retryAt).toLocaleTimeString()}`,
}

/** What a person at the command line can do about an error, where the message does not say it already. */
export function adviceFor(error: unknown, command: string): string | undefined {
  if (!isAccountError(error) || error.action === undefined) return undefined
  return ADVICE[error.action]?.(error, command)
}
