import { AccountError, type InteractionHandler } from '@accountry/accounts'
import type { LinkShell } from './electron-types.ts'
import { checkMethods } from './host-options.ts'

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * What asks the person from the main process: the system's browser through `shell.openExternal`, and whatever `methods`
 * add, such as a window that shows a device code.
 *
 * @example
 * ```ts
 * const accounts = await AccountManager.open({ app, keyProvider: safeStorageKey(safeStorage), interaction: electronInteraction(shell) })
 * ```
 *
 * @throws TypeError when `shell` is not Electron's.
 */
export function electronInteraction(
  shell: LinkShell,
  methods: Omit<InteractionHandler, 'openBrowser'> = {},
): InteractionHandler {
  checkMethods(shell, 'shell', ['openExternal'])
  return { ...methods, openBrowser: ({ url }) => openExternally(shell, url) }
}

/** Whether the system may be told to open it: https, or http on this machine, without credentials. */
export function isOpenable(url: URL): boolean {
  const isLoopback = url.protocol === 'http:' && LOOPBACK.has(url.hostname)
  return (url.protocol === 'https:' || isLoopback) && url.username === '' && url.password === ''
}

/**
 * Opens the system's browser. Other schemes start other programs, so they are refused.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE` for a URL that must not be opened, `ERR_INTERACTION_REQUIRED`
 *   (`no_browser`) when the system cannot.
 */
export async function openExternally(shell: LinkShell, url: URL): Promise<void> {
  if (!isOpenable(url)) {
    throw new AccountError(
      'ERR_INVALID_RESPONSE',
      `the service wants a ${url.protocol} URL opened that is neither https nor on this machine; nothing was opened`,
      { action: 'contact-developer' },
    )
  }
  try {
    await shell.openExternal(url.href)
  } catch (error) {
    throw new AccountError('ERR_INTERACTION_REQUIRED', 'the system could not open its browser; set a default one', {
      reason: 'no_browser',
      cause: error,
    })
  }
}
