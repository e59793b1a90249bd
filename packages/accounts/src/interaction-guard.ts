import { AccountError } from './errors.ts'
import type { InteractionHandler } from './interaction.ts'

/** What a plugin sees of the app's handler: URLs are checked before anything is opened. */
export function guardedInteraction(
  handler: InteractionHandler,
  type: string,
  onAsking: () => void = () => undefined,
): InteractionHandler {
  const guarded: InteractionHandler = {}
  const { openBrowser, showDeviceCode, promptCredentials, chooseAccount, confirmGrant } = handler
  if (openBrowser !== undefined) {
    guarded.openBrowser = async (request) => {
      onAsking()
      // Copies: what was checked is what is opened.
      const { url, ...rest } = request
      await openBrowser.call(handler, { ...rest, url: openable(url, type) })
    }
  }
  if (showDeviceCode !== undefined) {
    guarded.showDeviceCode = async (request) => {
      onAsking()
      const shown = { ...request }
      openable(parsed(shown.verificationUri, type), type)
      if (shown.verificationUriComplete !== undefined) openable(parsed(shown.verificationUriComplete, type), type)
      await showDeviceCode.call(handler, shown)
    }
  }
  if (promptCredentials !== undefined) {
    guarded.promptCredentials = (request) => {
      onAsking()
      return promptCredentials.call(handler, request)
    }
  }
  if (chooseAccount !== undefined) {
    guarded.chooseAccount = (request) => {
      onAsking()
      return chooseAccount.call(handler, request)
    }
  }
  if (confirmGrant !== undefined) {
    guarded.confirmGrant = (request) => {
      onAsking()
      return confirmGrant.call(handler, request)
    }
  }
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
function openable(given: URL, type: string): URL {
  if (!(given instanceof URL)) throw refused(type, 'something that is no URL')
  const url = new URL(given.href)
  if (isOpenable(url)) return url
  const hasUser = url.username !== '' || url.password !== ''
  throw refused(type, hasUser ? 'a URL with a user name in it' : `a ${url.protocol} URL`)
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
