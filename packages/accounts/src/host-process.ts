import { AccountError } from './errors.ts'

/**
 * Refuses to work in a page of Electron: what runs there may come from anywhere, and a vault that is open there lies
 * open to it.
 *
 * @param host Electron says in `process.type` what a process is; plain Node has none.
 * @throws AccountError `ERR_UNSUPPORTED`.
 */
export function assertTrustedProcess(host: { readonly type?: string } = process as { readonly type?: string }): void {
  if (host.type !== 'renderer' && host.type !== 'worker') return
  throw new AccountError(
    'ERR_UNSUPPORTED',
    'a vault cannot be opened in a renderer process: pages must not come near its secrets. Open it in the main process, \
and give pages the client of the Electron package',
    { action: 'contact-developer' },
  )
}
