import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { AccountError, isAccountError } from '@accountry/accounts'
import type { ActivityKind, ActivityView } from './model.ts'
import { shownError } from './shown-error.ts'

/** What an activity is about. */
export interface ActivitySubject {
  readonly kind: ActivityKind
  readonly type?: string
  readonly account?: string
}

/** Ended ones that are still told to a page that was away. */
const KEPT = 20
/** A person does not sign in to more accounts than this at once. */
const MOST_AT_ONCE = 20

/**
 * Calls that may wait for a person. They belong to the page, not to one request: a browser that reloads, or another
 * one, sees how they go on.
 */
export class Activities {
  readonly #views = new Map<string, ActivityView>()
  readonly #running = new Map<string, AbortController>()
  readonly #current: AsyncLocalStorage<string> = new AsyncLocalStorage()
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Names the activity that the present call belongs to. */
  get current(): AsyncLocalStorage<string> {
    return this.#current
  }

  list(): ActivityView[] {
    return [...this.#views.values()]
  }

  /** @param run What is done; resolves to what the page is told of it. */
  start(subject: ActivitySubject, run: (signal: AbortSignal) => Promise<string | undefined>): ActivityView {
    if (this.#running.size >= MOST_AT_ONCE) {
      throw new AccountError('ERR_LIMIT_EXCEEDED', 'Too many things are going on in this page already')
    }
    const id = randomUUID()
    const view: ActivityView = { id, state: 'running', ...subject }
    const controller = new AbortController()
    this.#running.set(id, controller)
    this.#set(view)
    void this.#follow(view, controller, run)
    return view
  }

  cancel(id: string): void {
    this.#running.get(id)?.abort()
  }

  cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort()
  }

  async #follow(
    view: ActivityView,
    { signal }: AbortController,
    run: (signal: AbortSignal) => Promise<string | undefined>,
  ): Promise<void> {
    try {
      const result = await this.#current.run(view.id, () => run(signal))
      this.#end({ ...view, state: 'done', ...(result !== undefined && { result }) })
    } catch (error) {
      const isCanceled = signal.aborted || (isAccountError(error) && error.code === 'ERR_INTERACTION_CANCELED')
      this.#end({ ...view, state: isCanceled ? 'canceled' : 'failed', error: shownError(error) })
    }
  }

  #end(view: ActivityView): void {
    this.#running.delete(view.id)
    this.#views.delete(view.id)
    this.#set(view)
    const ended = [...this.#views.values()].filter(({ state }) => state !== 'running')
    for (const { id } of ended.slice(0, Math.max(0, ended.length - KEPT))) this.#views.delete(id)
  }

  #set(view: ActivityView): void {
    this.#views.set(view.id, view)
    this.#onChange()
  }
}
