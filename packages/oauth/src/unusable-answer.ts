import {
  type Account,
  AccountError,
  type Clock,
  type CredentialContext,
  type IssuedToken,
  isAccountError,
} from '@accountry/accounts'
import { fieldsOf } from './credential-fields.ts'
import { parseBody } from './response-body.ts'
import type { TokenPurpose } from './token-purpose.ts'

/** After the second answer in a row. */
const FIRST_WAIT_MS = 30_000
const LONGEST_WAIT_MS = 3_600_000
/** Of how many purposes of an account it is remembered; the one that was asked for longest ago is forgotten first. */
const MOST_PURPOSES = 16

/** What the service answered, and nobody can use: whoever asks again at once gets the same. */
const UNUSABLE = ['ERR_INVALID_RESPONSE', 'ERR_UNSUPPORTED', 'ERR_LIMIT_EXCEEDED', 'ERR_CLOCK_SKEW'] as const

type UnusableCode = (typeof UNUSABLE)[number]

/** An answer that could not be used. */
interface UnusableAnswer {
  readonly code: UnusableCode
  readonly isUnsupportedType: boolean
  readonly waitMs: number
  /** Wall clock, epoch milliseconds. */
  readonly until: number
}

/** By purpose, since another one may get a usable answer. */
type Remembered = Readonly<Record<string, UnusableAnswer>>

/**
 * Asks the service, and after two answers in a row that cannot be used not again for a while: half a minute, then twice
 * as long each time, at most an hour. One answer may have been spoiled on its way; but each renewal replaces the
 * credential at many services, and a caller that tries again in a loop would have it replaced without end.
 *
 * Kept with the credential: every process waits for the same end, and a sign-in or a new password ends the wait.
 *
 * @throws AccountError what `ask` throws; with `retryAt` when the service is left alone until then.
 */
export async function askWithPatience(
  context: CredentialContext,
  { account, purpose }: { readonly account: Account; readonly purpose: TokenPurpose },
  ask: () => Promise<IssuedToken>,
): Promise<IssuedToken> {
  const { clock } = context
  const remembered = recall(fieldsOf(context.credential).unusableAnswers)
  const key = keyOf(purpose)
  const before = remembered[key]
  if (before !== undefined && isWaiting(before, clock)) throw notYet(account, before)
  const { [key]: _before, ...others } = remembered
  try {
    const token = await ask()
    if (before !== undefined) await remember(context, others)
    return token
  } catch (error) {
    if (!isAccountError(error) || !isUnusable(error.code)) throw error
    const waitMs = before === undefined ? 0 : Math.min(Math.max(before.waitMs * 2, FIRST_WAIT_MS), LONGEST_WAIT_MS)
    const until = Math.floor(clock.now() + waitMs)
    const isUnsupportedType = error.reason === 'unsupported_token_type'
    await remember(context, { ...others, [key]: { code: error.code, isUnsupportedType, waitMs, until } })
    throw waitMs === 0 ? error : new AccountError(error.code, error.message, { ...error, retryAt: until })
  }
}

function isUnusable(code: string): code is UnusableCode {
  return UNUSABLE.some((each) => each === code)
}

/** A clock that was set back must not make the wait longer than it ever is. */
function isWaiting({ until }: UnusableAnswer, clock: Clock): boolean {
  const leftMs = until - clock.now()
  return leftMs > 0 && leftMs <= LONGEST_WAIT_MS
}

function notYet(account: Account, { code, isUnsupportedType, until }: UnusableAnswer): AccountError {
  const again = new Date(until).toISOString()
  const message = `${account.name} (${account.type}): the last answer of the service could not be used. It is asked again from ${again} on; the credential is kept.`
  const reason = isUnsupportedType ? ('unsupported_token_type' as const) : undefined
  return new AccountError(code, message, { account, retryAt: until, reason })
}

function keyOf({ name, scopes, resource, kind }: TokenPurpose): string {
  return JSON.stringify([name, scopes, resource, kind])
}

async function remember(context: CredentialContext, answers: Remembered): Promise<void> {
  const kept = Object.entries(answers).slice(-MOST_PURPOSES)
  const unusableAnswers = kept.length === 0 ? undefined : JSON.stringify(Object.fromEntries(kept))
  await context.replaceCredential({ fields: { unusableAnswers } })
}

function recall(field: string | undefined): Remembered {
  const body = field === undefined ? undefined : parseBody(field, 'application/json')
  return body?.kind === 'members' ? (body.members as Remembered) : {}
}
