import { type AccountErrorCode, isAccountError } from '@accountry/accounts'

/** What the exit code of the command says. Scripts may rely on them. */
export const EXIT_CODES = {
  ok: 0,
  /** It did not work, and none of the others says why. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Only a person can go on: sign in, allow, choose. */
  needsPerson: 3,
  /** No such account, no authenticator for its type, or no vault yet. */
  notFound: 4,
  /** The same command can work later: network, service, another process. */
  tryAgain: 5,
  /** The vault cannot be used: locked, damaged, without its key. */
  vault: 6,
  /** Ctrl-C, Escape at a question, or "no". */
  canceled: 130,
} as const

const BY_ERROR: Partial<Record<AccountErrorCode, number>> = {
  ERR_INTERACTION_REQUIRED: EXIT_CODES.needsPerson,
  ERR_INTERACTION_TIMEOUT: EXIT_CODES.needsPerson,
  ERR_BAD_CREDENTIALS: EXIT_CODES.needsPerson,
  ERR_SCOPE_NOT_GRANTED: EXIT_CODES.needsPerson,
  ERR_IDENTITY_MISMATCH: EXIT_CODES.needsPerson,
  ERR_ACCOUNT_NOT_FOUND: EXIT_CODES.notFound,
  ERR_AUTHENTICATOR_NOT_FOUND: EXIT_CODES.notFound,
  ERR_INTERACTION_CANCELED: EXIT_CODES.canceled,
  ERR_ABORTED: EXIT_CODES.canceled,
}

/** The command line does not say what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** No app of this person has made a vault yet: nothing is wrong, there is only nothing to work with. */
export class NoVaultError extends Error {
  override readonly name = 'NoVaultError'

  constructor(command: string) {
    super(`There is no vault yet: the first app that opens one makes it. To look around: ${command} try`)
  }
}

export function exitCodeOf(error: unknown): number {
  if (isAbort(error)) return EXIT_CODES.canceled
  if (error instanceof NoVaultError) return EXIT_CODES.notFound
  if (!isAccountError(error)) return isUsage(error) ? EXIT_CODES.usage : EXIT_CODES.failed
  if (error.code.startsWith('ERR_VAULT_')) return EXIT_CODES.vault
  return BY_ERROR[error.code] ?? (error.retryable ? EXIT_CODES.tryAgain : EXIT_CODES.failed)
}

/** What whoever listens to a signal rejects with: one class in the web's interfaces, another in Node's own. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** The library checks arguments too, and what it checks here came from the command line. */
function isUsage(error: unknown): boolean {
  return error instanceof UsageError || error instanceof TypeError || error instanceof RangeError
}
