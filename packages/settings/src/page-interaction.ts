import type { InteractionHandler } from '@accountry/accounts'

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

/** Makes the handler; it can be opened with one page at a time. */
export function createPageInteraction(options: PageInteractionOptions = {}): PageInteraction {
  void options
  throw new Error('createPageInteraction is not there yet')
}
