import type { Account } from './account.ts'
import {
  ACCOUNT_ERROR_CODES,
  AccountError,
  type AccountErrorAction,
  type AccountErrorChallenge,
  isReason,
} from './errors.ts'

const ACTIONS: readonly AccountErrorAction[] = [
  'sign-in',
  'unlock',
  'allow',
  'choose-account',
  'check-network',
  'check-clock',
  'check-permissions',
  'contact-developer',
  'free-disk',
  'restore-key',
  'update-app',
  'wait',
]
/** Longest message of a plugin that is passed on. */
const LONGEST_MESSAGE = 4_096

/**
 * The error that a plugin threw, built anew from what may be in one: it ends in the vault and in front of people.
 *
 * @returns `undefined` when it cannot be read, or has a code that there is not.
 */
export function trustedError(error: AccountError, account: Account | undefined): AccountError | undefined {
  try {
    const { code, message, reason, retryable, retryAt, action, challenge, candidates, cause } = error
    if (!ACCOUNT_ERROR_CODES.includes(code) || typeof message !== 'string') return undefined
    return new AccountError(code, message.slice(0, LONGEST_MESSAGE), {
      reason: isReason(reason) ? reason : undefined,
      retryable: typeof retryable === 'boolean' ? retryable : undefined,
      retryAt: typeof retryAt === 'number' && Number.isFinite(retryAt) ? retryAt : undefined,
      account: account ?? accountIn(error.account),
      action: ACTIONS.find((known) => known === action),
      challenge: challengeIn(challenge),
      candidates: Array.isArray(candidates)
        ? candidates.map(accountIn).filter((known) => known !== undefined)
        : undefined,
      cause,
    })
  } catch {
    return undefined
  }
}

function accountIn(value: unknown): Account | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { id, type, name } = value as Partial<Account>
  if (typeof id !== 'string' || typeof type !== 'string' || typeof name !== 'string') return undefined
  return Object.freeze({ id, type, name })
}

/** A copy of what JSON can hold of it. */
function challengeIn(value: unknown): AccountErrorChallenge | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { claims, scopes, acrValues, maxAgeS } = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
  return {
    ...(typeof claims === 'string' && { claims }),
    ...(isTexts(scopes) && { scopes }),
    ...(isTexts(acrValues) && { acrValues }),
    ...(typeof maxAgeS === 'number' && { maxAgeS }),
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
