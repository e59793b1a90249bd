import { AccountError } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { AccountryOptions } from './accountry.ts'

/**
 * Checks what the accounts manager would not see, or would see only when the folder is made already. The rest it checks
 * itself, before it touches anything.
 *
 * @throws TypeError naming the option; {@link AccountError} `ERR_AUTHENTICATOR_EXISTS` for two of one type.
 */
export function checkAccountryOptions(options: AccountryOptions): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`options must be an object, received ${kindOf(options)}`)
  }
  // These have defaults, which would hide a null.
  for (const name of ['keyProvider', 'interaction'] as const) checkOptionalObject(options[name], name)
  if (options.background !== undefined && typeof options.background !== 'boolean') {
    throw new TypeError(`background must be a boolean, received ${kindOf(options.background)}`)
  }
  checkOptionalObject(options.environment, 'environment')
  if (options.environment !== undefined && typeof options.environment.on !== 'function') {
    throw new TypeError(`environment.on must be a function, received ${kindOf(options.environment.on)}`)
  }
  checkAdapters(options.adapters)
  checkAuthenticators(options.authenticators)
}

function checkOptionalObject(value: unknown, option: string): void {
  if (value === undefined || (typeof value === 'object' && value !== null)) return
  throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
}

function checkAdapters(adapters: unknown): void {
  if (adapters === undefined) return
  if (!Array.isArray(adapters)) throw new TypeError(`adapters must be an array, received ${kindOf(adapters)}`)
  const known = new Set<string>()
  for (const [index, adapter] of adapters.entries()) {
    const option = `adapters[${index}]`
    if (typeof adapter !== 'object' || adapter === null) {
      throw new TypeError(`${option} must be a sync adapter, received ${kindOf(adapter)}`)
    }
    for (const field of ['accountType', 'authority']) {
      if (typeof adapter[field] === 'string' && adapter[field] !== '') continue
      throw new TypeError(`${option}.${field} must be a non-empty string, received ${kindOf(adapter[field])}`)
    }
    if (typeof adapter.onPerformSync !== 'function') {
      throw new TypeError(`${option}.onPerformSync must be a function, received ${kindOf(adapter.onPerformSync)}`)
    }
    const { accountType, authority } = adapter
    const name = JSON.stringify([accountType, authority])
    if (known.has(name)) throw new TypeError(`adapters has two for authority ${authority} of ${accountType}`)
    known.add(name)
  }
}

function checkAuthenticators(authenticators: unknown): void {
  if (authenticators === undefined) return
  if (!Array.isArray(authenticators)) {
    throw new TypeError(`authenticators must be an array, received ${kindOf(authenticators)}`)
  }
  const types = authenticators.map((authenticator: unknown, index) => {
    if (typeof authenticator !== 'object' || authenticator === null) {
      throw new TypeError(`authenticators[${index}] must be an authenticator, received ${kindOf(authenticator)}`)
    }
    return (authenticator as { description?: { type?: unknown } | null }).description?.type
  })
  const twice = types.find((type, index) => typeof type === 'string' && types.indexOf(type) !== index)
  if (twice === undefined) return
  throw new AccountError(
    'ERR_AUTHENTICATOR_EXISTS',
    `authenticators has two for the account type ${twice}; leave one out. Nothing was opened`,
  )
}
