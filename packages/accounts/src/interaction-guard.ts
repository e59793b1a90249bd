import { AccountError } from './errors.ts'
import type { InteractionHandler } from './interaction.ts'

/** What a plugin sees of the app's handler: URLs are checked before anything is opened. */
export function guardedInteraction(handler: InteractionHandler, type: string): InteractionHandler {
  const guarded: InteractionHandler = {}
  const { openBrowser, showDeviceCode, promptCredentials, chooseAccount, confirmGrant } = handler
  if (openBrowser !== undefined) {
    guarded.openBrowser = async (request) => {
      checkOpenable(request.url, type)
      await openBrowser.call(handler, request)
    }
  }
  if (showDeviceCode !== undefined) {
    guarded.showDeviceCode = async (request) => {
      checkOpenable(parsed(request.verificationUri, type), type)
      if (request.verificationUriComplete !== undefined)
        checkOpenable(parsed(request.verificationUriComplete, type), type)
      await showDeviceCode.call(handler, request)
    }
  }
  if (promptCredentials !== undefined) guarded.promptCredentials = promptCredentials.bind(handler)
  if (chooseAccount !== undefined) guarded.chooseAccount = chooseAccount.bind(handler)
  if (confirmGrant !== undefined) guarded.confirmGrant = confirmGrant.bind(handler)
  return guarded
}

/** Whether a browser may safely be sent there. */
export function isOpenable(url: URL): boolean {
  const isLoopback = url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  return (url.protocol === 'https:' || isLoopback) && url.username === '' && url.password === ''
}

function parsed(url: string, type: string): URL {
  const result = URL.parse(url)
  if (result !== null) return result
  throw refused(type, 'a URL that cannot be parsed')
}

/** Only what a browser may safely be sent to: https, or http on a literal loopback address, without credentials. */
function checkOpenable(url: URL, type: string): void {
  if (!(url instanceof URL)) throw refused(type, 'something that is no URL')
  const isLoopback = url.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !isLoopback) throw refused(type, `a ${url.protocol} URL`)
  if (url.username !== '' || url.password !== '') throw refused(type, 'a URL with a user name in it')
}

function refused(type: string, what: string): AccountError {
  return new AccountError(
    'ERR_INVALID_RESPONSE',
    `the authenticator of ${type} wanted to open ${what}; nothing was opened`,
    {
      action: 'contact-developer',
    },
  )
}
