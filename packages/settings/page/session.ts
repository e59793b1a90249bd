import type { AccountDetails, ActivityView, Overview, ProgressNotice, ShownError } from '../src/model.ts'
import { get, post, RequestFailed, ServerGone, SessionEnded } from './api.ts'

/** `lost`: the server does not answer and is tried again; `ended`: it does not know this browser any more. */
export type Connection = 'connecting' | 'live' | 'lost' | 'ended'

/** Details of the account that is shown. */
export interface ShownDetails {
  readonly id: string
  readonly details?: AccountDetails
  readonly error?: ShownError
}

export interface State {
  readonly connection: Connection
  readonly overview?: Overview
  readonly shown?: ShownDetails
  /** By account and authority. */
  readonly progress: ReadonlyMap<string, ProgressNotice>
  /** What this browser started and still shows: their ids. */
  readonly followed: readonly string[]
  readonly error?: ShownError
  /** What has just happened, for people who cannot see it. */
  readonly announcement: string
  /** What the server's clock shows beyond this one, in milliseconds. */
  readonly clockOffsetMs: number
}

const RETRY_MS = 2_000
/** Which apps have access is announced to those apps only: a page that shows it asks again so often. */
const ACCESS_MS = 10_000
const GONE: ShownError = { code: 'ERR_ACCOUNT_NOT_FOUND', message: 'This account is not here any more' }

/** What the page knows, and what it asks the server. Everything that is drawn comes from here. */
export class Session {
  state: State = { connection: 'connecting', progress: new Map(), followed: [], announcement: '', clockOffsetMs: 0 }
  readonly #listeners = new Set<() => void>()
  #events: EventSource | undefined
  #accessTimer: ReturnType<typeof setInterval> | undefined
  #isLoading = false
  #isStale = false

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Listens to the server, and asks anew whenever it says that something changed. Again does nothing. */
  connect(): void {
    if (this.#events !== undefined) return
    const events = new EventSource('api/events')
    this.#events = events
    this.#accessTimer = setInterval(() => {
      if (this.state.connection === 'live' && this.state.shown !== undefined) void this.refresh()
    }, ACCESS_MS)
    events.addEventListener('change', () => void this.refresh())
    events.addEventListener('progress', (event) => this.#onProgress(JSON.parse(event.data) as ProgressNotice))
    events.addEventListener('error', () => {
      if (this.state.connection !== 'ended') this.#set({ connection: 'lost' })
      // Most browsers come back by themselves; not after an answer that is no stream, and not all of them.
      if (events.readyState !== EventSource.CLOSED) return
      this.disconnect()
      setTimeout(() => void this.#reconnect(), RETRY_MS)
    })
  }

  /** Stops listening: a browser has six connections for all its tabs. */
  disconnect(): void {
    clearInterval(this.#accessTimer)
    this.#events?.close()
    this.#events = undefined
  }

  /** Asks for everything that is shown. Calls that come meanwhile lead to one more. */
  async refresh(): Promise<void> {
    this.#isStale = true
    if (this.#isLoading) return
    this.#isLoading = true
    try {
      while (this.#isStale) {
        this.#isStale = false
        await this.#load()
      }
    } finally {
      this.#isLoading = false
    }
  }

  /** Which account's details are shown. */
  show(id: string | undefined): void {
    const { shown: _shown, ...rest } = this.state
    this.state = id === undefined ? rest : { ...rest, shown: { id } }
    this.#notify()
    if (id !== undefined) void this.refresh()
  }

  /** @returns Whether it was done; what went wrong is shown. */
  async act(action: string, fields: object): Promise<boolean> {
    try {
      const { activity } = await post<{ activity?: ActivityView }>(action, fields)
      if (activity !== undefined) this.follow(activity.id)
      await this.refresh()
      return true
    } catch (error) {
      this.#failed(error)
      return false
    }
  }

  follow(id: string): void {
    this.#set({ followed: [...this.state.followed, id] })
  }

  unfollow(id: string): void {
    this.#set({ followed: this.state.followed.filter((each) => each !== id) })
  }

  announce(announcement: string): void {
    this.#set({ announcement })
  }

  showError(error: ShownError): void {
    this.#set({ error })
  }

  clearError(): void {
    const { error: _error, ...rest } = this.state
    this.state = rest
    this.#notify()
  }

  async #reconnect(): Promise<void> {
    await this.refresh()
    if (this.state.connection === 'live') this.connect()
    else if (this.state.connection === 'lost') setTimeout(() => void this.#reconnect(), RETRY_MS)
  }

  async #load(): Promise<void> {
    try {
      const overview = await get<Overview>('api/overview')
      this.#set({ connection: 'live', overview, clockOffsetMs: overview.now - Date.now() })
      const id = this.state.shown?.id
      if (id === undefined) return
      const isGone = overview.total === overview.accounts.length && overview.accounts.every((card) => card.id !== id)
      if (isGone) this.#set({ shown: { id, error: GONE } })
      else await this.#loadDetails(id)
    } catch (error) {
      this.#failed(error)
    }
  }

  async #loadDetails(id: string): Promise<void> {
    try {
      const details = await get<AccountDetails>(`api/account?id=${encodeURIComponent(id)}`)
      if (this.state.shown?.id === id) this.#set({ shown: { id, details } })
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error
      if (this.state.shown?.id === id) this.#set({ shown: { id, error: error.shown } })
    }
  }

  #onProgress(notice: ProgressNotice): void {
    const progress = new Map(this.state.progress)
    progress.set(progressKey(notice.account, notice.authority), notice)
    this.#set({ progress })
  }

  #failed(error: unknown): void {
    if (error instanceof SessionEnded) this.#set({ connection: 'ended' })
    else if (error instanceof ServerGone) this.#set({ connection: 'lost' })
    else if (error instanceof RequestFailed) this.#set({ error: error.shown })
    else throw error
  }

  #set(change: Partial<State>): void {
    this.state = { ...this.state, ...change }
    this.#notify()
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}

export function progressKey(account: string, authority: string): string {
  return `${account}\n${authority}`
}
