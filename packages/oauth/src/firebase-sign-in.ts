import { type Account, AccountError, type AuthenticatorContext, type NewAccount } from '@accountry/accounts'
import { errorCode } from './hostile-text.ts'
import { exchange } from './http-exchange.ts'
import { textAt } from './member-path.ts'
import { newAccount } from './new-account.ts'
import { createOAuthClient } from './oauth-client.ts'
import { parseBody } from './response-body.ts'
import { retryAt } from './retry-after.ts'
import { beginCall } from './server-call.ts'
import type { Settings } from './settings.ts'

const TIMEOUT_MS = 30_000
const MAX_BYTES = 1024 * 1024
const BAD_CREDENTIALS: ReadonlySet<string> = new Set([
  'INVALID_LOGIN_CREDENTIALS',
  'INVALID_PASSWORD',
  'EMAIL_NOT_FOUND',
  'INVALID_EMAIL',
  'MISSING_PASSWORD',
])

const FIELDS = [
  { name: 'email', label: 'E-mail address' },
  { name: 'password', label: 'Password', secret: true },
]

/** Asks the person for address and password, and Google's identity toolkit for what they are worth. */
export async function signInWithPassword(
  settings: Settings,
  context: AuthenticatorContext,
  url: URL,
  name: string | undefined,
  account: Account | undefined,
): Promise<NewAccount> {
  const { label } = settings
  if (context.interaction?.promptCredentials === undefined) {
    const message = `${label}: signing in needs an e-mail address and a password, and nobody can be asked`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { account })
  }
  const [email, password] = FIELDS
  const fields = [{ ...email, ...(name !== undefined && { value: name }) }, password] as typeof FIELDS
  const { email: typedEmail, password: typedPassword } = await context.interaction.promptCredentials({
    fields,
    signal: context.signal,
  })
  const body = { email: typedEmail?.consume(), password: typedPassword?.consume(), returnSecureToken: true }
  const headers = { 'content-type': 'application/json' }
  const request = { url, method: 'POST', headers, body: JSON.stringify(body) } as const
  const result = await exchange(context, { ...request, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES })
  if (result.kind === 'no-answer') {
    throw new AccountError('ERR_NETWORK', `${label}: ${url.host} could not be reached`, { reason: 'offline', account })
  }
  const answer = parseBody(result.text, result.headers.get('content-type'))
  const members = answer.kind === 'members' ? answer.members : {}
  if (result.status !== 200) {
    const at = retryAt(result.headers, context.clock.now())
    throw refusal(label, errorCode(textAt(members, 'error.message')?.split(' ')[0]), result.status, account, at)
  }
  const { idToken, refreshToken, expiresIn } = members as Record<string, unknown>
  const call = await beginCall(createOAuthClient(settings), context, account, 'signing in')
  return await newAccount(call, {
    members: { access_token: idToken, id_token: idToken, refresh_token: refreshToken, expires_in: expiresIn },
    requestedAt: result.requestedAt,
    requested: { scopes: [], resource: [] },
    nameHint: name,
  })
}

function refusal(
  label: string,
  code: string | undefined,
  status: number,
  account: Account | undefined,
  at: number | undefined,
): AccountError {
  if (code !== undefined && BAD_CREDENTIALS.has(code)) {
    return new AccountError('ERR_BAD_CREDENTIALS', `${label}: the e-mail address or the password is wrong`, { account })
  }
  if (code === 'USER_DISABLED') {
    return new AccountError('ERR_DENIED', `${label}: this account was disabled`, { reason: 'access_denied', account })
  }
  if (code === 'TOO_MANY_ATTEMPTS_TRY_LATER' || status === 429) {
    const options = { reason: 'throttled' as const, retryAt: at, account }
    return new AccountError('ERR_THROTTLED', `${label}: too many attempts; wait before trying again`, options)
  }
  const shown = code ?? `status ${status}`
  if (status >= 500) return new AccountError('ERR_SERVER', `${label}: signing in failed (${shown})`, { account })
  return new AccountError('ERR_MISCONFIGURED', `${label}: signing in was refused (${shown})`, { account })
}
