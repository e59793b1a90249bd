import { AccountError, type AccountManager, type Clock } from '@accountry/accounts'
import type { SyncManager } from '@accountry/sync'
import type { PageInteraction } from './page-interaction.ts'
import { checkedOptions } from './settings-options.ts'

export interface SettingsPageOptions {
  /** Whose accounts are shown and changed. It stays open when the page closes. */
  readonly accounts: AccountManager
  /** Absent: the page shows no synchronisation. It stays open when the page closes. */
  readonly sync?: SyncManager
  /**
   * The handler that `accounts` was opened with, so that what a sign-in asks for appears in the page. Absent: sign-ins
   * ask wherever the app's own handler asks.
   */
  readonly interaction?: PageInteraction
  /** Default 0: a free one. A port that is taken is `ERR_UNSUPPORTED` (`port_in_use`), never another one silently. */
  readonly port?: number
  /** The literal loopback address to listen on. Default `127.0.0.1`. */
  readonly host?: '127.0.0.1' | '::1'
  /** The page's heading and title. Default `Accounts & sync`. */
  readonly title?: string
  /**
   * Closes the page when no browser has been connected for so long. Default 1 800 000 (30 minutes);
   * `Number.POSITIVE_INFINITY`: never, for a host that opens the page again with {@link SettingsPage.newUrl}.
   */
  readonly idleMs?: number
  /** Closes the page when it is aborted. */
  readonly signal?: AbortSignal
  /** Default: the system's. */
  readonly clock?: Clock
}

/** A running page. It keeps the process alive until it is closed. */
export interface SettingsPage extends AsyncDisposable {
  /**
   * Opens the page in one browser, once, within ten minutes. Treat it like a password. On Linux it lets nobody in whose
   * connection belongs to another user of the machine, root excepted.
   */
  readonly url: URL
  /** Another URL like {@link SettingsPage.url}, for another browser or a later time. */
  newUrl(): URL
  /** Resolves when the page is closed, by {@link SettingsPage.close}, by the signal, or because it was idle. */
  readonly closed: Promise<void>
  /** Stops listening, ends every connection and cancels what the page still waits for. Again does nothing. */
  close(): Promise<void>
}

/**
 * Serves Android's "Accounts & sync" settings as a web page on this machine.
 *
 * The page lists, adds, repairs, renames and removes accounts, shows and steers their synchronisation, and shows which
 * apps have access. Only a browser that was opened with a one-time URL is answered; no answer ever holds a secret.
 *
 * @example
 * ```ts
 * // Prerequisites
 * let keyProvider!: KeyProvider
 * let authenticators!: Authenticator[]
 *
 * const interaction = createPageInteraction()
 * await using accounts = await AccountManager.open({ app: { id: 'com.example.agenda' }, keyProvider, authenticators, interaction })
 * await using page = await openSettingsPage({ accounts, interaction })
 * console.error(`Open ${page.url.href}`)
 * await page.closed
 * ```
 *
 * @throws TypeError, RangeError for wrong options, before anything listens.
 * @throws AccountError `ERR_UNSUPPORTED` (`port_in_use`) when the port is taken, `ERR_ABORTED` when the signal is.
 */
export async function openSettingsPage(options: SettingsPageOptions): Promise<SettingsPage> {
  const checked = checkedOptions(options)
  if (checked.signal?.aborted === true) {
    throw new AccountError('ERR_ABORTED', 'Opening the settings page was aborted', { reason: 'caller' })
  }
  const { startPageServer } = await import('./page-server.ts')
  return await startPageServer(checked)
}
