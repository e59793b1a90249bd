import { type Account, AccountError, type Clock } from '@accountry/accounts'

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 300_000
/** How many accounts are remembered; the one that has been quiet longest is forgotten first. */
const MAX_ACCOUNTS = 1_000

/** Slows down guessing: after each wrong password the next try has to wait twice as long (docs/requirements.md PW-04). */
export interface AttemptLimit {
  /** @throws AccountError `ERR_THROTTLED` with `retryAt` while the account has to wait. */
  check(account: Account, clock: Clock): void
  record(account: Account, isRight: boolean, clock: Clock): void
}

export function createAttemptLimit(): AttemptLimit {
  const failures = new Map<string, { count: number; until: number }>()
  return {
    check(account, clock) {
      const waitMs = (failures.get(account.id)?.until ?? 0) - clock.monotonic()
      if (waitMs <= 0) return
      const message = `${account.name} (${account.type}): too many wrong passwords. Wait before trying again.`
      throw new AccountError('ERR_THROTTLED', message, { reason: 'throttled', account, retryAt: clock.now() + waitMs })
    },
    record(account, isRight, clock) {
      const count = (failures.get(account.id)?.count ?? 0) + 1
      failures.delete(account.id)
      if (isRight) return
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (count - 1), LONGEST_WAIT_MS)
      failures.set(account.id, { count, until: clock.monotonic() + waitMs })
      const [oldest] = failures.keys()
      if (failures.size > MAX_ACCOUNTS && oldest !== undefined) failures.delete(oldest)
    },
  }
}
