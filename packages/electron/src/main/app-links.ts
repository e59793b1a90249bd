import { resolve } from 'node:path'
import {
  type Account,
  AccountError,
  type AccountManager,
  type AddAccountOptions,
  type Clock,
  type Logger,
  type SessionOptions,
  type SessionStart,
  systemClock,
} from '@accountry/accounts'
import { type AnswerLink, checkedRedirect, findLink, readAnswerLink } from './app-link.ts'
import type { LinkApp, LinkShell } from './electron-types.ts'
import { checkMethods, checkObject, type SignIn } from './host-options.ts'
import { openExternally } from './open-externally.ts'

/** What is used of Electron's `process`. */
export interface LinkProcess {
  readonly argv: readonly string[]
  readonly execPath: string
  /** Electron runs an app that is not packaged. */
  readonly defaultApp?: boolean
}

export interface AppLinksOptions {
  /** Electron's `app`. */
  readonly app: LinkApp
  /** Electron's `shell`. */
  readonly shell: LinkShell
  /** What is registered at the service: `com.example.app:/signed-in`. One slash; the scheme a reversed domain name. */
  readonly redirectUri: string
  /** A link that a sign-in waited for has arrived: bring the window to the front. Not called for any other link. */
  readonly onAnswer?: () => void
  /** The app was started by the answer to a sign-in that nobody remembers: say "please sign in again". At most once. */
  readonly onExpired?: () => void
  readonly clock?: Clock
  readonly logger?: Logger
  /** Default: `process`. */
  readonly process?: LinkProcess
}

/** Sign-ins that come back through a link that opens the app. */
export interface AppLinks {
  /** `false`: another instance of the app runs and has received this one's link. Quit now. */
  readonly isPrimary: boolean
  /** Whether the system has registered the scheme for this app. */
  readonly isRegistered: boolean
  /**
   * Signs in to these account types through links, and to all others as the manager does.
   *
   * @param accountTypes Those whose authenticators have the flow `app-link`.
   */
  signInWith(accounts: AccountManager, accountTypes: readonly string[]): SignIn
  /** Ends what waits for a link and hears of none any more. */
  close(): void
  [Symbol.dispose](): void
}

/** A person signs in at one service at a time; a few may have been left standing. */
const MOST_PENDING = 8

/**
 * Claims the app's links. Call it at the top of the main script, before the app is ready: macOS hands over the link that
 * starts an app before that.
 *
 * It takes the single-instance lock, so that a link reaches the instance in which the sign-in waits, registers the
 * scheme, and hears of links on all platforms. A link does one thing only: it answers the sign-in whose `state` it
 * carries, once. Every other link is dropped without a sign, whoever sent it.
 *
 * The operating system does not prove whose a scheme is: another app may register the same. PKCE makes what it gets
 * worthless (RFC 8252 §8.6); where the service allows it, the flow `loopback` avoids the question.
 *
 * @throws TypeError for wrong options.
 * @see [RFC 8252, section 7.1](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.1)
 */
export function claimAppLinks(options: AppLinksOptions): AppLinks {
  checkObject(options, 'options')
  checkMethods(options.app, 'app', ['requestSingleInstanceLock', 'setAsDefaultProtocolClient', 'on', 'off'])
  checkMethods(options.shell, 'shell', ['openExternal'])
  return new ClaimedAppLinks(options)
}

interface PendingAnswer {
  readonly answer: (link: AnswerLink) => void
  readonly fail: (error: AccountError) => void
}

class ClaimedAppLinks implements AppLinks {
  readonly isPrimary: boolean
  readonly isRegistered: boolean
  readonly #options: AppLinksOptions
  readonly #redirect: { readonly scheme: string; readonly url: URL }
  readonly #pending = new Map<string, PendingAnswer>()
  /** Sign-ins that have begun and not ended; those without a state yet included. */
  #running = 0
  #mayBeExpired = true
  #isClosed = false
  readonly #onSecondInstance = (_event: unknown, argv: string[]): void => {
    if (Array.isArray(argv)) this.#receive(findLink(argv, this.#redirect.scheme))
  }
  readonly #onOpenUrl = (event: { preventDefault(): void }, url: string): void => {
    const link = findLink([url], this.#redirect.scheme)
    if (link === undefined) return
    event.preventDefault()
    this.#receive(link)
  }

  constructor(options: AppLinksOptions) {
    this.#options = options
    this.#redirect = checkedRedirect(options.redirectUri)
    const { app, process: host = process as LinkProcess } = options
    this.isPrimary = app.requestSingleInstanceLock()
    this.isRegistered = this.isPrimary && register(app, this.#redirect.scheme, host)
    if (!this.isPrimary) return
    if (!this.isRegistered) options.logger?.warn('app_link_scheme_not_registered', { scheme: this.#redirect.scheme })
    app.on('second-instance', this.#onSecondInstance)
    app.on('open-url', this.#onOpenUrl)
    // A link that started this process; the caller gets to know only after it has what this constructor makes.
    const link = findLink(host.argv, this.#redirect.scheme)
    if (link !== undefined) queueMicrotask(() => this.#receive(link))
  }

  signInWith(accounts: AccountManager, accountTypes: readonly string[]): SignIn {
    checkMethods(accounts, 'accounts', ['startAddAccountSession', 'finishSession'])
    const throughLinks = new Set(accountTypes)
    const redirectUri = this.#options.redirectUri
    return {
      addAccount: async (type, options) => {
        if (!throughLinks.has(type)) return await accounts.addAccount(type, options)
        const start = { ...linkOptions(options), redirectUri }
        return await this.#signIn(accounts, options.signal, () => accounts.startAddAccountSession(type, start))
      },
      updateCredentials: async (account, options) => {
        const { type } = (await accounts.getAccountInfo(account)).account
        if (!throughLinks.has(type)) return await accounts.updateCredentials(account, options)
        const start = { ...options, redirectUri }
        return await this.#signIn(accounts, options.signal, () =>
          accounts.startUpdateCredentialsSession(account, start),
        )
      },
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.app.off('second-instance', this.#onSecondInstance)
    this.#options.app.off('open-url', this.#onOpenUrl)
    const closed = new AccountError('ERR_CLOSED', 'the app hears of no links any more')
    for (const { fail } of [...this.#pending.values()]) fail(closed)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #signIn(
    accounts: AccountManager,
    signal: AbortSignal | undefined,
    start: () => Promise<SessionStart>,
  ): Promise<Account> {
    if (this.#isClosed || !this.isPrimary) throw new AccountError('ERR_CLOSED', 'this instance hears of no links')
    if (this.#running >= MOST_PENDING) {
      throw new AccountError('ERR_LIMIT_EXCEEDED', `${this.#running} sign-ins wait for the person already`)
    }
    this.#running++
    this.#mayBeExpired = false
    try {
      const { session, url, state, expiresAt } = await start()
      if (url === undefined || state === undefined) throw withoutLinks()
      const link = await this.#answerTo(state, expiresAt, signal, () => openExternally(this.#options.shell, url))
      this.#tell(this.#options.onAnswer)
      return await accounts.finishSession(session, { url: link.url }, { ...(signal !== undefined && { signal }) })
    } finally {
      this.#running--
    }
  }

  /** Waits for the link with this state. It is awaited before the browser opens, and forgotten when it has come. */
  async #answerTo(
    state: string,
    expiresAt: number,
    signal: AbortSignal | undefined,
    open: () => Promise<void>,
  ): Promise<AnswerLink> {
    const { clock = systemClock } = this.#options
    const { promise, resolve: answer, reject: fail } = Promise.withResolvers<AnswerLink>()
    const onAbort = (): void => fail(givenUp())
    const cancelTimer = clock.setTimer(() => fail(tooLate()), Math.max(0, expiresAt - clock.now()))
    if (signal?.aborted === true) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#pending.set(state, { answer, fail })
    try {
      if (signal?.aborted !== true && !this.#isClosed) open().catch(fail)
      if (this.#isClosed) fail(new AccountError('ERR_CLOSED', 'the app hears of no links any more'))
      return await promise
    } finally {
      this.#pending.delete(state)
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #receive(link: unknown): void {
    const answer = readAnswerLink(link, this.#redirect.url)
    if (answer === undefined || this.#isClosed) return
    const pending = this.#pending.get(answer.state)
    if (pending !== undefined) {
      // The first one counts: a promise is settled once.
      pending.answer(answer)
      return
    }
    // Nobody has signed in since this process began, so it may be what an earlier one waited for.
    if (this.#mayBeExpired) {
      this.#mayBeExpired = false
      this.#tell(this.#options.onExpired)
    }
  }

  /** The app's own function must not end a sign-in by failing. */
  #tell(listener: (() => void) | undefined): void {
    try {
      listener?.()
    } catch {
      this.#options.logger?.warn('app_link_listener_failed')
    }
  }
}

/** An app that is not packaged is Electron with the app's folder as its argument. */
function register(app: LinkApp, scheme: string, { argv, execPath, defaultApp }: LinkProcess): boolean {
  const [, script] = argv
  if (defaultApp !== true || script === undefined) return app.setAsDefaultProtocolClient(scheme)
  return app.setAsDefaultProtocolClient(scheme, execPath, [resolve(script)])
}

/** Options of `addAccount` as those of a session; what a session cannot promise is refused before the person is asked. */
function linkOptions({ name, ifExists, requiredFeatures, options, ...rest }: AddAccountOptions): SessionOptions {
  if (ifExists === 'error' || (requiredFeatures ?? []).length > 0) {
    throw new AccountError('ERR_UNSUPPORTED', 'a sign-in through a link knows neither ifExists nor requiredFeatures', {
      action: 'contact-developer',
    })
  }
  return { ...rest, options: { ...options, ...(name !== undefined && { loginHint: name }) } }
}

function withoutLinks(): AccountError {
  return new AccountError(
    'ERR_UNSUPPORTED',
    'the authenticator of this account type does not sign in through links; give it the flow app-link',
    { action: 'contact-developer' },
  )
}

function givenUp(): AccountError {
  return new AccountError('ERR_ABORTED', 'the sign-in was given up before its answer came', { reason: 'caller' })
}

function tooLate(): AccountError {
  return new AccountError('ERR_INTERACTION_TIMEOUT', 'nobody finished the sign-in in time. Start it again', {
    action: 'sign-in',
  })
}
