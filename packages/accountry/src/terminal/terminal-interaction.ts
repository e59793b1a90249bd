import type { Readable, Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { FormField, InteractionHandler } from '@accountry/accounts'
import { AccountError, SecretInput } from '@accountry/accounts'
import { assertOpenable, hasBrowser, openInBrowser } from './browser.ts'
import { printable } from './printable.ts'

export interface TerminalInteractionOptions {
  /** Where the person types. Default: stdin. When it is no terminal, nothing can be asked and only URLs are shown. */
  readonly input?: Readable & { readonly isTTY?: boolean }
  /** Where the person reads. Default: stderr; stdout belongs to the program. */
  readonly output?: Writable & { readonly isTTY?: boolean }
  /** Starts the browser. Default: the system's, where there is one. */
  readonly openUrl?: (url: URL) => Promise<void>
  /** Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Talks to the person in the terminal.
 *
 * Sign-in pages open in the system browser, and their address is always printed too, for a browser elsewhere. Codes of
 * the device flow are printed. Questions are asked one after another. Ctrl-C or Escape at a question rejects with
 * `ERR_INTERACTION_CANCELED`. Everything goes to stderr.
 *
 * Where stdin is no terminal the handler asks nothing: whatever needs an answer is `ERR_INTERACTION_REQUIRED`.
 */
export function terminalInteraction(options: TerminalInteractionOptions = {}): InteractionHandler {
  const { input = process.stdin, output = process.stderr, environment = process.env } = options
  const openUrl = options.openUrl ?? (hasBrowser(environment) ? openInBrowser : undefined)
  const screen = new Screen(output)
  const shown: InteractionHandler = {
    openBrowser: (request) => showSignInPage(screen, openUrl, request),
    showDeviceCode: (request) => showDeviceCode(screen, request),
  }
  if (input.isTTY !== true) return shown
  const ask = oneAfterAnother()
  return {
    ...shown,
    promptCredentials: ({ fields, signal }) => ask(() => promptCredentials({ input, output, signal }, fields)),
    chooseAccount: ({ candidates, signal }) =>
      ask(async () => {
        const { select } = await import('@clack/prompts')
        const choices = candidates.map((account) => ({
          value: account,
          label: printable(account.name),
          hint: printable(account.type),
        }))
        return answered(await select({ message: 'Which account?', options: choices, input, output, signal }), signal)
      }),
    confirmGrant: ({ principal, account, authTokenTypeLabel, signal }) =>
      ask(async () => {
        const { confirm } = await import('@clack/prompts')
        const what = `${printable(authTokenTypeLabel)} of ${printable(account.name)}`
        const message = `May ${printable(principal)} use ${what}?`
        return answered(await confirm({ message, initialValue: false, input, output, signal }), signal)
      }),
  }
}

type OpenBrowser = NonNullable<InteractionHandler['openBrowser']>
type ShowDeviceCode = NonNullable<InteractionHandler['showDeviceCode']>

async function showSignInPage(
  screen: Screen,
  openUrl: ((url: URL) => Promise<void>) | undefined,
  { url, account }: Parameters<OpenBrowser>[0],
): Promise<void> {
  assertOpenable(url)
  const who = account === undefined ? '' : ` as ${printable(account.name)}`
  screen.line(
    `To sign in${who}, ${openUrl === undefined ? 'open' : 'use the browser that opens, or open'} this address:`,
  )
  screen.line(`\n  ${screen.strong(url.href)}\n`)
  try {
    await openUrl?.(url)
  } catch {
    // The address above works in any browser, and the sign-in goes on waiting for it.
    screen.line('No browser could be started here.')
  }
}

async function showDeviceCode(screen: Screen, request: Parameters<ShowDeviceCode>[0]): Promise<void> {
  const url = URL.parse(request.verificationUri)
  if (url === null) throw new AccountError('ERR_INVALID_RESPONSE', 'The service named a page that is not a URL')
  assertOpenable(url)
  screen.line('To sign in, open this address on any device:')
  screen.line(`\n  ${screen.strong(url.href)}\n`)
  screen.line('and enter the code:')
  screen.line(`\n  ${screen.strong(printable(request.userCode))}\n`)
}

interface PromptStreams {
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
}

async function promptCredentials(
  streams: PromptStreams,
  fields: readonly FormField[],
): Promise<Record<string, SecretInput>> {
  const { password, text } = await import('@clack/prompts')
  const answers: Record<string, SecretInput> = Object.create(null)
  for (const field of fields) {
    const message = printable(field.label)
    const validate = (value: string | undefined): string | undefined =>
      field.required === true && (value ?? '') === '' ? 'Please fill this in' : undefined
    const initial = field.value === undefined ? {} : { initialValue: field.value }
    const answer =
      field.secret === true
        ? await password({ ...streams, message, validate })
        : await text({ ...streams, ...initial, message, validate })
    answers[field.name] = new SecretInput(answered(answer, streams.signal) ?? '')
  }
  return answers
}

/** @throws {@link AccountError} when the person, or the caller, gave up. */
function answered<T>(answer: T, signal: AbortSignal): Exclude<T, symbol> {
  if (typeof answer !== 'symbol') return answer as Exclude<T, symbol>
  if (signal.aborted) throw new AccountError('ERR_ABORTED', 'The question was withdrawn', { reason: 'caller' })
  throw new AccountError('ERR_INTERACTION_CANCELED', 'Cancelled at the keyboard')
}

/** Two questions at once would both read the same keys. */
function oneAfterAnother(): <T>(ask: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (ask) => {
    const answer = last.then(ask)
    last = answer.catch(() => undefined)
    return answer
  }
}

class Screen {
  readonly #output: Writable & { readonly isTTY?: boolean }

  constructor(output: Writable & { readonly isTTY?: boolean }) {
    this.#output = output
  }

  line(text: string): void {
    this.#output.write(`${text}\n`)
  }

  strong(text: string): string {
    return styleText('bold', text, { stream: this.#output })
  }
}
