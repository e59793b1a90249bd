import type { AccountManager, Clock, Logger } from '@accountry/accounts'
import type { SyncManager } from '@accountry/sync'
import { EVENT_CHANNEL } from '../bridge/channels.ts'
import { ACCOUNT_EVENTS, type BridgeEvent } from '../bridge/events.ts'
import { isStillThere, type Sender, type SenderRules } from './sender.ts'
import { plainAnswer } from './wire.ts'

/** What of the managers is listened to; both have the same three methods. */
interface EventSource {
  on(event: string, listener: (payload: unknown) => void): unknown
  off(event: string, listener: (payload: unknown) => void): unknown
}

export interface SubscriptionSources extends SenderRules {
  readonly accounts: AccountManager
  readonly sync: SyncManager | undefined
  readonly answerBytes: number
  readonly clock: Clock
  readonly log: Logger | undefined
}

/** More frames than a window of accounts has; a page that makes others anew gains nothing by it. */
const MOST_FRAMES = 16

/**
 * Which frames hear of which events. The managers are listened to only while some frame does, and a frame is looked at
 * again before each message: an event does not reach whoever took its place.
 */
export class Subscriptions {
  readonly #sources: SubscriptionSources
  readonly #byEvent = new Map<BridgeEvent, Map<string, Sender>>()
  readonly #listeners = new Map<BridgeEvent, (payload: unknown) => void>()

  readonly #progress = new ProgressPace()

  constructor(sources: SubscriptionSources) {
    this.#sources = sources
  }

  /** How many frames hear of the event. */
  count(event: BridgeEvent): number {
    return this.#byEvent.get(event)?.size ?? 0
  }

  /** @returns Whether there is room for it. */
  add(event: BridgeEvent, sender: Sender): boolean {
    const frames = this.#byEvent.get(event) ?? new Map<string, Sender>()
    const key = keyOf(sender)
    const mine = [...frames.values()].filter(({ contents }) => contents.id === sender.contents.id)
    if (!frames.has(key) && mine.length >= MOST_FRAMES) return false
    frames.set(key, sender)
    this.#byEvent.set(event, frames)
    if (!this.#listeners.has(event)) this.#listen(event)
    return true
  }

  remove(event: BridgeEvent, sender: Sender): void {
    this.#forget(event, keyOf(sender))
  }

  /** Everything that pages of this window hear of. */
  removeWindow(contentsId: number): void {
    for (const [event, frames] of [...this.#byEvent]) {
      for (const [key, { contents }] of [...frames]) if (contents.id === contentsId) this.#forget(event, key)
    }
  }

  close(): void {
    for (const [event, frames] of [...this.#byEvent]) for (const key of [...frames.keys()]) this.#forget(event, key)
  }

  #listen(event: BridgeEvent): void {
    const listener = (payload: unknown): void => this.#deliver(event, payload)
    this.#listeners.set(event, listener)
    this.#sourceOf(event)?.on(event, listener)
  }

  #deliver(event: BridgeEvent, payload: unknown): void {
    if (event === 'sync:progress' && !this.#progress.isDue(payload, this.#sources.clock.monotonic())) return
    for (const [key, sender] of [...(this.#byEvent.get(event) ?? [])]) {
      if (!isStillThere(sender, this.#sources)) {
        this.#forget(event, key)
        continue
      }
      try {
        const answer = plainAnswer({ event, payload }, this.#sources.answerBytes)
        if (answer.ok) sender.frame.send(EVENT_CHANNEL, answer.value)
      } catch {
        // The frame went between the look and the message, or the message is too large: others still hear.
        this.#sources.log?.warn('bridge_event_lost', { event })
      }
    }
  }

  #forget(event: BridgeEvent, key: string): void {
    const frames = this.#byEvent.get(event)
    if (frames?.delete(key) !== true || frames.size > 0) return
    this.#byEvent.delete(event)
    const listener = this.#listeners.get(event)
    this.#listeners.delete(event)
    if (listener !== undefined) this.#sourceOf(event)?.off(event, listener)
  }

  #sourceOf(event: BridgeEvent): EventSource | undefined {
    const isOfAccounts = (ACCOUNT_EVENTS as readonly string[]).includes(event)
    return (isOfAccounts ? this.#sources.accounts : this.#sources.sync) as EventSource | undefined
  }
}

function keyOf({ contents, identity }: Sender): string {
  return `${contents.id} ${identity.processId} ${identity.frameToken}`
}

/** A page shows progress to a person, ten times a second at most; adapters may report every record. */
const PROGRESS_MS = 100
const MOST_RUNS = 1_000

class ProgressPace {
  readonly #lastAt = new Map<unknown, number>()

  isDue(payload: unknown, now: number): boolean {
    const { id } = payload as { readonly id?: unknown }
    if (now - (this.#lastAt.get(id) ?? Number.NEGATIVE_INFINITY) < PROGRESS_MS) return false
    if (this.#lastAt.size >= MOST_RUNS) this.#lastAt.clear()
    this.#lastAt.set(id, now)
    return true
  }
}
