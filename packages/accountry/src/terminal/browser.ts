import { AccountError } from '@accountry/accounts'

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Refuses a URL that a browser must not be sent to: an authenticator may have taken it from a server.
 *
 * @throws {@link AccountError} `ERR_INVALID_RESPONSE` unless it is https, or http on this machine, without credentials.
 */
export function assertOpenable(url: URL): void {
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname))
  if (isSafe && url.username === '' && url.password === '') return
  const what = isSafe
    ? 'a URL with a user name in it'
    : `a ${url.protocol} URL that is neither https nor on this machine`
  throw new AccountError('ERR_INVALID_RESPONSE', `The service wants ${what} opened; nothing was opened`, {
    action: 'contact-developer',
  })
}

/** Whether a browser can show up here. A remote shell and a container have none, and a text browser helps nobody. */
export function hasBrowser(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const isSet = (name: string): boolean => (environment[name] ?? '') !== ''
  if (isSet('BROWSER')) return true
  if (isSet('SSH_CONNECTION') && !isSet('DISPLAY')) return false
  if (platform === 'darwin' || platform === 'win32') return true
  return isSet('DISPLAY') || isSet('WAYLAND_DISPLAY') || isSet('WSL_DISTRO_NAME')
}

/** Starts the system browser without a shell, with the URL as one argument that begins with its scheme. */
export async function openInBrowser(url: URL): Promise<void> {
  const { default: open } = await import('open')
  await open(url.href)
}
