import { kindOf } from '../account.ts'
import type { AccountManagerOptions, Timeouts } from '../account-manager-types.ts'
import { recipientsOf } from '../vault/key-providers.ts'
import { checkAuthenticator } from './authenticator-argument.ts'
import {
  checkCount,
  checkDuration,
  checkFlag,
  checkFunction,
  checkKnownKeys,
  checkMethods,
  checkObject,
  checkOneOf,
  checkOptionalMethods,
  checkOptionalText,
  checkText,
} from './checks.ts'
import { checkPrincipal } from './principal.ts'

export const DEFAULT_TIMEOUTS: Timeouts = {
  authenticatorMs: 60_000,
  interactionMs: 600_000,
  leaseMs: 45_000,
  writeMs: 5_000,
  sessionMs: 600_000,
}

export const DEFAULT_MAX_ACCOUNTS = 1_000_000

const VAULT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
const RESERVED_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
const INTERACTIONS = ['openBrowser', 'showDeviceCode', 'promptCredentials', 'chooseAccount', 'confirmGrant']

/**
 * Checks the options of `AccountManager.open` before anything is touched.
 *
 * @throws TypeError, RangeError naming the option.
 */
export function checkOptions(options: AccountManagerOptions): void {
  checkObject(options, 'options')
  checkPlace(options)
  recipientsOf(options.keyProvider)
  checkOneOf(options.minProtection, 'minProtection', ['os-user', 'passphrase', 'none'])
  if (options.authenticators !== undefined && !Array.isArray(options.authenticators)) {
    throw new TypeError(`authenticators must be an array, received ${kindOf(options.authenticators)}`)
  }
  for (const authenticator of options.authenticators ?? []) checkAuthenticator(authenticator)
  checkOutside(options)
  checkNumbers(options)
  for (const name of ['background', 'recover', 'allowNetworkFileSystem'] as const) checkFlag(options[name], name)
}

/** Who opens which folder. */
function checkPlace({ app, vault, directory }: AccountManagerOptions): void {
  checkObject(app, 'app')
  checkText(app.id, 'app.id')
  if (vault !== undefined) checkVaultName(vault, 'vault')
  else if (directory === undefined) checkVaultName(app.id, 'app.id')
  checkPrincipal(app.id, 'app.id')
  checkOptionalText(app.name, 'app.name')
  checkFlag(app.system, 'app.system')
  if (directory === undefined) return
  checkText(directory, 'directory')
  if (directory.includes('\0')) throw new TypeError('directory must be a path, received a string with a NUL in it')
}

/** What is injected: the network, the person, the time. */
function checkOutside({ fetch, random, interaction, clock, logger }: AccountManagerOptions): void {
  checkFunction(fetch, 'fetch')
  checkFunction(random, 'random')
  if (interaction !== undefined) {
    checkObject(interaction, 'interaction')
    checkOptionalMethods(interaction, 'interaction', INTERACTIONS)
  }
  if (clock !== undefined) checkMethods(clock, 'clock', ['now', 'monotonic', 'setTimer'])
  if (logger !== undefined) checkMethods(logger, 'logger', ['debug', 'info', 'warn', 'error'])
}

function checkNumbers({ timeouts, limits, refresh }: AccountManagerOptions): void {
  if (timeouts !== undefined) {
    checkObject(timeouts, 'timeouts')
    checkKnownKeys(timeouts, 'timeouts', Object.keys(DEFAULT_TIMEOUTS))
    for (const [name, value] of Object.entries(timeouts)) checkDuration(value, `timeouts.${name}`)
  }
  if (limits !== undefined) {
    checkObject(limits, 'limits')
    checkKnownKeys(limits, 'limits', ['accounts'])
    checkCount(limits.accounts, 'limits.accounts', 0)
  }
  if (refresh === undefined) return
  checkObject(refresh, 'refresh')
  checkKnownKeys(refresh, 'refresh', ['concurrency'])
  checkCount(refresh.concurrency, 'refresh.concurrency', 1)
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
