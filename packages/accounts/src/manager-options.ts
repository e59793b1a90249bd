import { kindOf } from './account.ts'
import type { AccountManagerOptions, Timeouts } from './account-manager-types.ts'
import type { Authenticator } from './authenticator.ts'

export const DEFAULT_TIMEOUTS: Timeouts = {
  authenticatorMs: 60_000,
  interactionMs: 600_000,
  leaseMs: 45_000,
  writeMs: 5_000,
  sessionMs: 600_000,
}

const VAULT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const RESERVED_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

export const DEFAULT_MAX_ACCOUNTS = 1_000_000

/**
 * Checks the options of `AccountManager.open` before anything is touched.
 *
 * @throws TypeError, RangeError naming the option.
 */
export function checkOptions(options: AccountManagerOptions): void {
  checkObject(options, 'options')
  checkObject(options.app, 'app')
  checkText(options.app.id, 'app.id')
  if (options.vault !== undefined) checkVaultName(options.vault, 'vault')
  else if (options.directory === undefined) checkVaultName(options.app.id, 'app.id')
  if (options.directory !== undefined) checkText(options.directory, 'directory')
  checkOneOf(options.minProtection, 'minProtection', ['os-user', 'passphrase', 'none'])
  if (options.authenticators !== undefined && !Array.isArray(options.authenticators)) {
    throw new TypeError(`authenticators must be an array, received ${kindOf(options.authenticators)}`)
  }
  for (const authenticator of options.authenticators ?? []) checkAuthenticator(authenticator)
  if (options.fetch !== undefined && typeof options.fetch !== 'function') {
    throw new TypeError(`fetch must be a function, received ${kindOf(options.fetch)}`)
  }
  if (options.interaction !== undefined) checkObject(options.interaction, 'interaction')
  if (options.clock !== undefined) checkMethods(options.clock, 'clock', ['now', 'monotonic', 'setTimer'])
  if (options.logger !== undefined) checkMethods(options.logger, 'logger', ['debug', 'info', 'warn', 'error'])
  for (const [name, value] of Object.entries(options.timeouts ?? {})) checkDuration(value, `timeouts.${name}`)
  checkDuration(options.limits?.accounts, 'limits.accounts')
}

/** @throws TypeError when it lacks what every authenticator has. */
export function checkAuthenticator(value: unknown): asserts value is Authenticator {
  checkMethods(value, 'authenticator', ['addAccount', 'getAuthToken'])
  const { description } = value as Authenticator
  checkObject(description, 'authenticator.description')
  checkText(description.type, 'authenticator.description.type')
  checkText(description.label, 'authenticator.description.label')
}

export function checkObject(value: unknown, option: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
  }
}

export function checkText(value: unknown, option: string): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
  }
}

export function checkOneOf(value: unknown, option: string, allowed: readonly string[]): void {
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return
  throw new TypeError(
    `${option} must be one of ${allowed.map((item) => `'${item}'`).join(', ')}, received ${kindOf(value)}`,
  )
}

export function checkDuration(value: unknown, option: string): void {
  if (value === undefined) return
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (!(value >= 0)) throw new RangeError(`${option} must not be negative, received ${value}`)
}

function checkMethods(value: unknown, option: string, names: readonly string[]): void {
  checkObject(value, option)
  const missing = names.find((name) => typeof (value as Record<string, unknown>)[name] !== 'function')
  if (missing !== undefined) throw new TypeError(`${option} must have the method ${missing}`)
}

/** The name becomes a folder: nothing in it may mean anything to a path. */
function checkVaultName(vault: unknown, option: string): void {
  checkText(vault, option)
  if (vault.length > 128 || !VAULT_NAME.test(vault) || vault.endsWith('.') || RESERVED_NAME.test(vault)) {
    throw new TypeError(
      `${option} must be 1 to 128 letters, digits, dots, dashes and underscores, begin with a letter or digit, ` +
        'and be no name that Windows reserves, because it names the folder of the vault',
    )
  }
}
