import { AccountError } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { isJsonObject } from './classify.ts'
import { checkExtraParameters } from './extra-parameters.ts'
import { checkScope } from './option-checks.ts'
import { checkResource } from './settings.ts'

/** What an app may pass as `options` of `addAccount` and `updateCredentials`. */
export interface SignInOptions {
  /** Sent as `prompt`, e.g. `select_account`. */
  readonly prompt?: string
  /** Sent as `login_hint`. Default: the account's name. */
  readonly loginHint?: string
  /** Scopes to ask for beside those of the token types, e.g. from a challenge. */
  readonly scopes?: readonly string[]
  /** Resources to ask for beside those of the token types, absolute URIs without fragment (RFC 8707). */
  readonly resource?: string | readonly string[]
  /** The `claims` parameter as JSON, e.g. from a challenge (OpenID Connect Core §5.5). */
  readonly claims?: string
  /** The person must have signed in within this many seconds. */
  readonly maxAgeS?: number
  /** One of these must be how the person signed in (RFC 9470). */
  readonly acrValues?: readonly string[]
  /** Service-specific parameters. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
}

/** The options of a sign-in after every check. */
export type CheckedSignInOptions = SignInOptions & {
  readonly scopes: readonly string[]
  readonly resource: readonly string[]
}

/**
 * Reads the options of a sign-in; names that are not ours belong to the app.
 *
 * @param label The service's, for the message.
 * @throws AccountError `ERR_AUTHENTICATOR_FAILED` naming the option that is wrong: of a plugin's `TypeError` the manager
 *   keeps only that there was one.
 */
export function readSignInOptions(options: Readonly<Record<string, unknown>>, label: string): CheckedSignInOptions {
  try {
    return checkedOptions(options)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const message = `${label}: ${error.message}`
    throw new AccountError('ERR_AUTHENTICATOR_FAILED', message, { action: 'contact-developer', cause: error })
  }
}

function checkedOptions(options: Readonly<Record<string, unknown>>): CheckedSignInOptions {
  const { maxAgeS, authorizationParameters: extra } = options
  if (maxAgeS !== undefined && !(typeof maxAgeS === 'number' && maxAgeS >= 0 && Number.isFinite(maxAgeS))) {
    throw new TypeError(`options.maxAgeS must be a number of seconds, received ${kindOf(maxAgeS)}`)
  }
  if (extra !== undefined && (typeof extra !== 'object' || extra === null || Array.isArray(extra))) {
    throw new TypeError(`options.authorizationParameters must be an object, received ${kindOf(extra)}`)
  }
  if (extra !== undefined) checkExtraParameters(extra as Record<string, unknown>, 'options.authorizationParameters')
  const prompt = text(options, 'prompt')
  const loginHint = text(options, 'loginHint')
  const claims = text(options, 'claims')
  if (claims !== undefined && !isJsonObject(claims)) throw new TypeError('options.claims must be a JSON object as text')
  const acrValues = texts(options, 'acrValues')
  const scopes = texts(options, 'scopes') ?? []
  for (const scope of scopes) checkScope(scope, 'options.scopes')
  const resource = [options['resource'] ?? []].flat() as string[]
  for (const each of resource) checkResource(each, 'options.resource')
  return {
    scopes,
    resource,
    ...(prompt !== undefined && { prompt }),
    ...(loginHint !== undefined && { loginHint }),
    ...(claims !== undefined && { claims }),
    ...(acrValues !== undefined && { acrValues }),
    ...(typeof maxAgeS === 'number' && { maxAgeS }),
    ...(extra !== undefined && { authorizationParameters: extra as Record<string, string> }),
  }
}

function text(options: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = options[name]
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw new TypeError(`options.${name} must be a non-empty string, received ${kindOf(value)}`)
}

function texts(options: Readonly<Record<string, unknown>>, name: string): readonly string[] | undefined {
  const value = options[name]
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value
  throw new TypeError(`options.${name} must be an array of strings, received ${kindOf(value)}`)
}
