import type { AsyncLocalStorage } from 'node:async_hooks'
import { AccountError, type InteractionHandler } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { QuestionContent } from './model.ts'
import { type Questions, readChoice, readForm } from './questions.ts'
import { BadRequest } from './shown-error.ts'
import { shownText } from './shown-text.ts'

export interface PageInteractionOptions {
  /**
   * Asked when no browser shows the page, for instance `terminalInteraction()`. Absent: what needs a person is
   * `ERR_INTERACTION_REQUIRED` then.
   */
  readonly fallback?: InteractionHandler
  /**
   * Opens sign-in pages, for instance Electron's `shell.openExternal`. Absent: the page shows a link, which the person
   * follows. With it, the page shows the link as well.
   */
  readonly openUrl?: (url: URL) => Promise<void>
}

/** What `passphraseKey` of `@accountry/keychain` asks its `prompt`. */
export interface PassphraseRequest {
  readonly attempt: number
  readonly create: boolean
  readonly signal: AbortSignal
}

/**
 * Shows in the page what a sign-in needs: a link to the service, a device code, a form, a choice, a question.
 *
 * Give it to `AccountManager.open` as `interaction` and to `openSettingsPage`.
 */
export interface PageInteraction extends Required<InteractionHandler> {
  /** For `passphraseKey({ prompt: interaction.promptPassphrase })`: a locked vault is unlocked in the page. */
  readonly promptPassphrase: (request: PassphraseRequest) => Promise<string>
}

/**
 * Makes the handler; it can be opened with one page at a time.
 *
 * @throws TypeError for wrong options.
 */
export function createPageInteraction(options: PageInteractionOptions = {}): PageInteraction {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be an object, received ${kindOf(options)}`)
  }
  const { fallback, openUrl } = options
  if (fallback !== undefined && (typeof fallback !== 'object' || fallback === null)) {
    throw new TypeError(`fallback must be an interaction handler, received ${kindOf(fallback)}`)
  }
  if (openUrl !== undefined && typeof openUrl !== 'function') {
    throw new TypeError(`openUrl must be a function, received ${kindOf(openUrl)}`)
  }
  return new QuestionAsker(options)
}

/** The page that shows what is asked. */
export interface Screen {
  readonly questions: Questions
  /** Whether a browser shows the page now. */
  readonly isWatched: () => boolean
  /** Which activity of the page the present call belongs to. */
  readonly activities: AsyncLocalStorage<string>
}

type Request<Method extends keyof InteractionHandler> = Parameters<NonNullable<InteractionHandler[Method]>>[0]

/** The handler behind {@link createPageInteraction}. */
export class QuestionAsker implements PageInteraction {
  readonly #fallback: InteractionHandler
  readonly #openUrl: ((url: URL) => Promise<void>) | undefined
  #screen: Screen | undefined

  constructor(options: PageInteractionOptions) {
    this.#fallback = options.fallback ?? {}
    this.#openUrl = options.openUrl
  }

  /** @throws TypeError when a page that is open uses it. */
  attach(screen: Screen): void {
    if (this.#screen !== undefined) throw new TypeError('interaction must not be used by another page that is open')
    this.#screen = screen
  }

  detach(): void {
    this.#screen = undefined
  }

  async openBrowser(request: Request<'openBrowser'>): Promise<void> {
    const screen = this.#visibleScreen()
    if (screen === undefined) return await this.#elsewhere('openBrowser', this.#fallback.openBrowser)(request)
    const { url, signal } = request
    const isOpened = await this.#open(url)
    const content = { kind: 'browser', url: url.href, host: url.host, isOpened } as const
    screen.questions.show(content, screen.activities.getStore(), signal)
  }

  async showDeviceCode(request: Request<'showDeviceCode'>): Promise<void> {
    const screen = this.#visibleScreen()
    if (screen === undefined) return await this.#elsewhere('showDeviceCode', this.#fallback.showDeviceCode)(request)
    const { userCode, verificationUri, verificationUriComplete, expiresAt, signal } = request
    const content: QuestionContent = {
      kind: 'device-code',
      userCode: shownText(userCode),
      verificationUri,
      ...(verificationUriComplete !== undefined && { verificationUriComplete }),
      expiresAt,
    }
    screen.questions.show(content, screen.activities.getStore(), signal)
  }

  async promptCredentials(
    request: Request<'promptCredentials'>,
  ): ReturnType<NonNullable<InteractionHandler['promptCredentials']>> {
    const screen = this.#visibleScreen()
    if (screen === undefined)
      return await this.#elsewhere('promptCredentials', this.#fallback.promptCredentials)(request)
    const { fields, signal } = request
    const shown = fields.map(({ name, label, secret = false, required = false, value }) => ({
      name,
      label: shownText(label),
      secret,
      required,
      ...(value !== undefined && !secret && { value }),
    }))
    return await screen.questions.ask({ kind: 'form', fields: shown }, screen.activities.getStore(), {
      signal,
      read: (answer) => readForm(fields, answer),
    })
  }

  async chooseAccount(request: Request<'chooseAccount'>): ReturnType<NonNullable<InteractionHandler['chooseAccount']>> {
    const screen = this.#visibleScreen()
    if (screen === undefined) return await this.#elsewhere('chooseAccount', this.#fallback.chooseAccount)(request)
    const { candidates, signal } = request
    const shown = candidates.map(({ id, name, type }) => ({ id, name: shownText(name), type: shownText(type) }))
    return await screen.questions.ask({ kind: 'choice', candidates: shown }, screen.activities.getStore(), {
      signal,
      read: (answer) => readChoice(candidates, answer),
    })
  }

  async confirmGrant(request: Request<'confirmGrant'>): Promise<boolean> {
    const screen = this.#visibleScreen()
    if (screen === undefined) return await this.#elsewhere('confirmGrant', this.#fallback.confirmGrant)(request)
    const content = {
      kind: 'grant',
      principal: shownText(request.principal),
      accountName: shownText(request.account.name),
      label: shownText(request.authTokenTypeLabel),
    } as const
    return await screen.questions.ask(content, screen.activities.getStore(), {
      signal: request.signal,
      read: ({ allowed }) => {
        if (allowed === undefined) throw new BadRequest('Please allow it or not')
        return allowed
      },
    })
  }

  /** An own property, because it is handed on by itself. */
  readonly promptPassphrase = async ({ attempt, create, signal }: PassphraseRequest): Promise<string> => {
    const screen = this.#visibleScreen()
    const field = { name: 'passphrase', label: 'Passphrase of the vault', secret: true, required: true }
    if (screen === undefined) {
      const ask = this.#elsewhere('promptCredentials', this.#fallback.promptCredentials)
      return (await ask({ fields: [field], signal }))['passphrase']?.consume() ?? ''
    }
    return await screen.questions.ask({ kind: 'passphrase', attempt, create }, screen.activities.getStore(), {
      signal,
      read: (answer) => readForm([field], answer)['passphrase']?.consume() ?? '',
    })
  }

  /** Nobody would see a question in a page that no browser shows, unless the page itself has just asked for it. */
  #visibleScreen(): Screen | undefined {
    const screen = this.#screen
    const isSeen = screen !== undefined && (screen.activities.getStore() !== undefined || screen.isWatched())
    return isSeen ? screen : undefined
  }

  #elsewhere<Method extends (...args: never[]) => unknown>(name: string, method: Method | undefined): Method {
    if (method !== undefined) return method.bind(this.#fallback) as Method
    throw new AccountError(
      'ERR_INTERACTION_REQUIRED',
      `Only the person can go on (${name}), and no browser shows the settings page. Open it and try again`,
    )
  }

  async #open(url: URL): Promise<boolean> {
    try {
      await this.#openUrl?.(url)
      return this.#openUrl !== undefined
    } catch {
      // The page shows the link, which works in any browser.
      return false
    }
  }
}
