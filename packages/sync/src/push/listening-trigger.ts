import { type AuthToken, type Clock, isAccountError, systemClock } from '@accountry/accounts'
import { isAuthenticationError } from '../run/run-errors.ts'
import { checkedObject } from '../sync-request.ts'
import type {
  Connect,
  ConnectionEnd,
  PushMessage,
  PushTarget,
  SyncTrigger,
  SyncTriggerOptions,
  SyncTriggerState,
} from './sync-trigger.ts'
import { checkTriggerOptions } from './trigger-options.ts'

const INITIAL_MS = 1_000
const MAX_MS = 300_000
const IDLE_TIMEOUT_MS = 300_000
/** A connection that stood this long was a good one; who only ever opens and closes is waited for longer and longer. */
const STOOD_MS = 10_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Keeps a connection: connects with the account's token, asks for a sync with each message, and connects again when the
 * connection is lost, after waits that grow while the server does not answer.
 */
export class ListeningTrigger implements SyncTrigger {
  readonly #options: SyncTriggerOptions
  readonly #connect: Connect
  readonly #url: URL
  readonly #clock: Clock
  readonly #closing = new AbortController()
  #state: SyncTriggerState = 'idle'
  #listening: Promise<void> | undefined
  #failures = 0
  #refusals = 0
  #wasOpen = false
  /** Monotonic; when the connection of this attempt stood. */
  #openedAt: number | undefined
  #wake: () => void = () => undefined

  constructor(options: SyncTriggerOptions, connect: Connect, schemes: readonly string[]) {
    checkTriggerOptions(options)
    this.#options = options
    this.#connect = connect
    this.#url = checkedUrl(options.url, schemes)
    this.#clock = options.clock ?? systemClock
  }

  get state(): SyncTriggerState {
    return this.#state
  }

  start(): void {
    this.#listening ??= this.#listen()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake()
    await this.#listening
    this.#state = 'closed'
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #listen(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      this.#state = 'connecting'
      const end = await this.#once()
      if (end.kind === 'over') break
      if (this.#closing.signal.aborted) break
      if (end.kind === 'refused' && this.#refusals > 1) await this.#untilAccountChanges()
      else if (end.kind === 'refused' && this.#refusals === 1) continue
      else await this.#pause(this.#waitMs(end.retryAfterMs))
    }
    this.#state = 'closed'
  }

  /** One connection, from token to end. */
  async #once(): Promise<ConnectionEnd> {
    let token: AuthToken | undefined
    let end: ConnectionEnd
    const attempt = new AbortController()
    const signal = AbortSignal.any([attempt.signal, this.#closing.signal])
    const watch = this.#watchIdle(attempt)
    this.#openedAt = undefined
    try {
      token = await this.#token()
      const headers = token === undefined ? {} : await this.#headers(token)
      const opened = (): void => this.#opened()
      const received = (message: PushMessage): void => this.#received(message)
      end = await this.#connect({ url: this.#url, headers, signal, opened, alive: watch.alive, received })
    } catch (error) {
      end = this.#endOf(error)
    } finally {
      watch.stop()
    }
    if (this.#stood()) {
      this.#failures = 0
      this.#refusals = 0
    }
    this.#failures++
    if (end.kind === 'refused') {
      this.#refusals++
      if (token !== undefined) await this.#options.accounts.invalidateAuthToken(token).catch(() => undefined)
    }
    return end
  }

  async #token(): Promise<AuthToken | undefined> {
    const { accounts, account, authTokenType } = this.#options
    if (authTokenType === undefined) return undefined
    const { signal } = this.#closing
    return await accounts.getAuthToken(account, authTokenType, { interaction: 'notify', signal })
  }

  #headers(token: AuthToken): Promise<Record<string, string>> {
    return this.#options.accounts.authorizeRequest(token, { method: 'GET', url: this.#url })
  }

  #endOf(error: unknown): ConnectionEnd {
    if (isAccountError(error) && isAuthenticationError(error)) {
      // Asking the person again and again would not help; they know already.
      this.#refusals = 1
      return { kind: 'refused' }
    }
    const name = error instanceof Error ? error.name : 'unknown'
    this.#options.logger?.debug('sync.trigger-lost', { authority: this.#options.authority, error: name })
    return { kind: 'lost' }
  }

  #opened(): void {
    this.#state = 'open'
    this.#openedAt = this.#clock.monotonic()
    if (this.#wasOpen && this.#options.syncOnReconnect !== false) this.#notify({})
    this.#wasOpen = true
  }

  #received(message: PushMessage): void {
    try {
      const about: unknown = this.#options.target === undefined ? {} : this.#options.target(message)
      if (about !== undefined) this.#notify(checkedObject(about as PushTarget, 'the answer of target'))
    } catch (error) {
      // A message that the app cannot read is a reason to look, too.
      const name = error instanceof Error ? error.name : 'unknown'
      this.#options.logger?.warn('sync.push-not-understood', { authority: this.#options.authority, error: name })
      this.#notify({})
    }
  }

  /** @throws TypeError, RangeError when the app made something of the message that cannot be asked for. */
  #notify(about: PushTarget): void {
    const { sync, account, authority } = this.#options
    if (this.#closing.signal.aborted) return
    const { extras } = about
    try {
      sync.notifyPush({
        account: about.account ?? account,
        authority: about.authority ?? authority,
        ...(extras !== undefined && { extras }),
      })
    } catch (error) {
      if (!isAccountError(error)) throw error
      // The engine is closed: nobody is there any more whom a message could concern.
      this.#closing.abort()
    }
  }

  /** Ends an attempt that has been silent for too long: after a suspend the other side is often gone. */
  #watchIdle(attempt: AbortController): { alive(): void; stop(): void } {
    const idleMs = this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS
    let cancel: () => void = () => undefined
    const alive = (): void => {
      cancel()
      if (idleMs > 0) cancel = this.#clock.setTimer(() => attempt.abort(new Error('idle')), idleMs)
    }
    alive()
    return { alive, stop: () => cancel() }
  }

  #stood(): boolean {
    return this.#openedAt !== undefined && this.#clock.monotonic() - this.#openedAt >= STOOD_MS
  }

  /** What the server asked for counts, but a server that asks to be asked at once, again and again, is not. */
  #waitMs(askedMs: number | undefined): number {
    const ownMs = this.#nextWaitMs()
    if (askedMs === undefined) return ownMs
    const { initialMs = INITIAL_MS } = this.#options.reconnect ?? {}
    return Math.max(askedMs, this.#failures > 1 ? ownMs : initialMs / 2)
  }

  #nextWaitMs(): number {
    const { reconnect, random = Math.random } = this.#options
    const { initialMs = INITIAL_MS, maxMs = MAX_MS } = reconnect ?? {}
    const wait = Math.min(initialMs * 2 ** Math.max(0, this.#failures - 1), maxMs)
    // Clients that lost the same server do not all come back at the same moment.
    return wait * (0.5 + random() / 2)
  }

  async #pause(ms: number): Promise<void> {
    this.#state = 'waiting'
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.setTimer(resolve, Math.min(ms, this.#options.reconnect?.maxMs ?? MAX_MS))
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Until somebody signs in again; the token of before would be refused again. */
  async #untilAccountChanges(): Promise<void> {
    const { accounts, account } = this.#options
    this.#state = 'parked'
    await new Promise<void>((resolve) => {
      const onChange = (event: { account: { id: string } }): void => {
        if (event.account.id === account.id) done()
      }
      const done = (): void => {
        accounts.off('account:updated', onChange)
        accounts.off('account:recovered', onChange)
        resolve()
      }
      accounts.on('account:updated', onChange)
      accounts.on('account:recovered', onChange)
      this.#wake = done
    })
    this.#refusals = 0
  }
}

function checkedUrl(value: string | URL, schemes: readonly string[]): URL {
  const url = URL.canParse(String(value)) ? new URL(String(value)) : undefined
  const [secure = '', plain = ''] = schemes
  if (url?.protocol === secure || (url?.protocol === plain && LOOPBACK.test(url.hostname))) return url
  throw new TypeError(`url must be ${secure}// or a loopback address`)
}
