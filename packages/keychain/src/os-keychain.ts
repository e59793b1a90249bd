import { AccountError, type StoreKeyProvider } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { checkDurationMs, checkObject, checkText } from './arguments.ts'
import { HELPER_GUARD, type HostProcess, hostProcess } from './host-process.ts'
import { KeychainStore } from './keychain-store.ts'
import { KeyringBackend } from './keyring-backend.ts'
import { type KeyringBinding, loadKeyringBinding } from './keyring-binding.ts'

export interface OsKeychainOptions {
  /**
   * The module `@napi-rs/keyring`, for an app whose bundler cannot leave it where this package finds it.
   *
   * Default: found at run time beside this package or the app.
   */
  readonly binding?: KeyringBinding
  /**
   * A Node executable that reads the key while an unlock prompt may be open, so that waiting can be ended by killing it.
   *
   * Default: `process.execPath` where that is a plain Node. Without either the keychain is unlocked over D-Bus instead.
   */
  readonly helper?: string
  /** How long a call that asks nobody may take, in milliseconds. Default 3 000. */
  readonly deadlineMs?: number
  /** How long a person has to answer an unlock prompt, in milliseconds. Default 120 000. */
  readonly promptDeadlineMs?: number
}

/**
 * Keeps the vault's key in the keychain of the operating system: macOS Keychain, Windows Credential Manager, or the
 * Secret Service of a Linux desktop (gnome-keyring, KWallet, KeePassXC).
 *
 * A locked Secret Service raises no prompt unless `interaction: 'allow'` is passed to `load`; otherwise it is `locked`.
 * macOS decides for itself whether it asks, so there a helper process reads, and is ended at the deadline. A dismissed
 * prompt and a passed deadline are `locked` too: the key may be there, so no new one may be made. The desktop may leave
 * a prompt open that was given up here; answered late, it unlocks the keychain for the next call.
 *
 * No D-Bus session, no Secret Service or no default collection is `unavailable`, and nothing else is used instead: the
 * kernel's keyring would forget the key at the next reboot. `store` reads the key back before it resolves.
 *
 * Linux: every process on the session bus can read an unlocked keychain, so the protection is `os-user`, as on
 * Windows; macOS guards the entry per program: `os-acl`. Not run on macOS and Windows by this project's tests.
 *
 * > [!WARNING]\
 * > Inside Electron every call rejects `ERR_UNSUPPORTED`: an open prompt would keep the app from quitting. Use
 * > {@link safeStorageKey} there.
 *
 * @throws TypeError or RangeError for a wrong option.
 */
export function osKeychain(options: OsKeychainOptions = {}): StoreKeyProvider {
  return createOsKeychain(options, hostProcess())
}

/** {@link osKeychain} in a process described by `host`. */
export function createOsKeychain(options: OsKeychainOptions, host: HostProcess): StoreKeyProvider {
  checkObject(options, 'options')
  const { binding, helper, deadlineMs = 3000, promptDeadlineMs = 120_000 } = options
  checkDurationMs(deadlineMs, 'deadlineMs')
  checkDurationMs(promptDeadlineMs, 'promptDeadlineMs')
  if (helper !== undefined) checkText(helper, 'helper')
  if (binding !== undefined) checkBinding(binding)
  // The helper loads the installed module, so it is no way to use one that the app passed in.
  const mayUseHelper = binding === undefined && host.environment[HELPER_GUARD] === undefined
  const backend = new KeyringBackend({
    binding: binding === undefined ? loadKeyringBinding : () => binding,
    node: mayUseHelper ? (helper ?? host.node) : undefined,
    environment: host.environment,
  })
  return new KeychainStore({
    id: 'os-keychain',
    platform: host.platform,
    environment: host.environment,
    backend,
    deadlineMs,
    promptDeadlineMs,
    checkSupported: () => checkSupported(host),
  })
}

function checkSupported(host: HostProcess): void {
  if (!host.isElectron) return
  throw new AccountError(
    'ERR_UNSUPPORTED',
    "osKeychain does not work inside Electron; use safeStorageKey(safeStorage) with Electron's own safeStorage",
    { action: 'contact-developer' },
  )
}

function checkBinding(binding: unknown): void {
  checkObject(binding, 'binding')
  if (typeof (binding as Partial<KeyringBinding>).AsyncEntry === 'function') return
  throw new TypeError(`binding must be the module @napi-rs/keyring, received ${kindOf(binding)} without AsyncEntry`)
}
