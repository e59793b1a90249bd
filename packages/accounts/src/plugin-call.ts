import type { Account } from './account.ts'
import type { AuthenticatorContext } from './authenticator.ts'
import { boundedCall } from './bounded-call.ts'
import type { Engine } from './engine.ts'
import { AccountError, isAccountError } from './errors.ts'
import { guardedInteraction } from './interaction-guard.ts'
import { trustedError } from './trusted-error.ts'

export interface PluginCall<T> {
  readonly type: string
  readonly account?: Account | undefined
  /** What is being done, for messages: "sign in", "get a token". */
  readonly what: string
  readonly timeoutMs: number
  /** Whether the plugin may ask the person. */
  readonly interactive: boolean
  /** Closing the manager waits for it, because a rotated credential may be on its way. Default `false`: it is ended. */
  readonly isWaitedFor?: boolean
  /** Called when the plugin begins to ask the person. */
  readonly onAsking?: (() => void) | undefined
  /** Ends the call from outside: a sign-in whose caller gave up, a manager that closes. */
  readonly signal?: AbortSignal | undefined
  readonly run: (context: AuthenticatorContext) => Promise<T>
}

const OFFLINE_CODES: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/**
 * Runs one method of an authenticator within a time limit and maps whatever it throws.
 *
 * A plugin that never answers is left behind; what it may still want to store is checked when it asks.
 *
 * @throws AccountError of the plugin, or `ERR_AUTHENTICATOR_TIMEOUT`, `ERR_INTERACTION_TIMEOUT`, `ERR_ABORTED`,
 *   `ERR_NETWORK`, `ERR_AUTHENTICATOR_FAILED`.
 */
export async function callPlugin<T>(engine: Engine, call: PluginCall<T>): Promise<T> {
  const { account, what } = call
  return await boundedCall<T>(engine, {
    accountId: account?.id,
    signal: call.signal,
    timeoutMs: call.timeoutMs,
    isWaitedFor: call.isWaitedFor === true && !call.interactive,
    run: (signal) => call.run(contextFor(engine, call, signal)),
    aborted: () => new AccountError('ERR_ABORTED', `${what} was aborted`, { reason: 'caller', account }),
    timedOut: () => timeoutError(call),
    failed: (error) => mappedError(error, call),
  })
}

function contextFor<T>(engine: Engine, call: PluginCall<T>, signal: AbortSignal): AuthenticatorContext {
  const { interaction, app, clock, log } = engine
  return {
    principal: app.id,
    signal,
    clock,
    fetch: engine.fetch,
    log,
    ...(call.interactive &&
      interaction !== undefined && { interaction: guardedInteraction(interaction, call.type, call.onAsking) }),
  }
}

function timeoutError<T>(call: PluginCall<T>): AccountError {
  if (call.interactive) {
    return new AccountError(
      'ERR_INTERACTION_TIMEOUT',
      `${call.what} took longer than ${call.timeoutMs} ms; start again`,
      {
        account: call.account,
      },
    )
  }
  return new AccountError(
    'ERR_AUTHENTICATOR_TIMEOUT',
    `the authenticator of ${call.type} did not answer within ${call.timeoutMs} ms (${call.what}); try again later`,
    { account: call.account, reason: 'timeout' },
  )
}

function mappedError<T>(error: unknown, call: PluginCall<T>): AccountError {
  const own = isAccountError(error) ? trustedError(error, call.account) : undefined
  if (own !== undefined) return own
  const code = codeOf(error)
  if (code !== undefined && (OFFLINE_CODES.has(code) || NETWORK_CODES.has(code))) {
    return new AccountError(
      'ERR_NETWORK',
      `${call.what} failed on the way to the service (${code}); check the network`,
      {
        reason: OFFLINE_CODES.has(code) ? 'offline' : 'ambiguous',
        account: call.account,
        cause: error,
      },
    )
  }
  return new AccountError(
    'ERR_AUTHENTICATOR_FAILED',
    `the authenticator of ${call.type} failed (${call.what}); tell its developer`,
    { account: call.account, action: 'contact-developer', cause: error },
  )
}

/** The code of a system error, also where fetch hides it in the cause. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  try {
    const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
    const found = typeof code === 'string' ? code : cause?.code
    return typeof found === 'string' ? found : undefined
  } catch {
    return undefined
  }
}
