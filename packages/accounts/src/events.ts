import { kindOf } from './account.ts'
import type { AccountManagerEvents } from './account-manager-types.ts'
import type { Logger } from './logger.ts'

type EventName = keyof AccountManagerEvents

/** Every event that there is. */
const EVENTS: Readonly<Record<EventName, true>> = {
  'account:added': true,
  'account:removed': true,
  'account:renamed': true,
  'account:updated': true,
  'account:attention': true,
  'account:recovered': true,
  'account:default-changed': true,
  'token:refreshed': true,
  'token:invalidated': true,
  'vault:locked': true,
  'vault:unlocked': true,
  'vault:warning': true,
  'vault:resync': true,
}
type Listener = (event: never) => void

interface Entry {
  readonly listener: Listener
  readonly isOnce: boolean
  /** Taken off, perhaps by another listener of the event that is being told. */
  isOff: boolean
}

/** Delivers events so that a listener that throws, or that changes something itself, harms nobody. */
export class Events {
  readonly #entries = new Map<EventName, Entry[]>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  on(event: EventName, listener: Listener): void {
    this.#add(event, listener, false)
  }

  once(event: EventName, listener: Listener): void {
    this.#add(event, listener, true)
  }

  /** A listener that was added twice is taken off as a whole. */
  off(event: EventName, listener: Listener): void {
    checkListening(event, listener)
    this.#drop(event, (entry) => entry.listener === listener)
  }

  emit<E extends EventName>(event: E, detail: AccountManagerEvents[E][0]): void {
    for (const entry of [...(this.#entries.get(event) ?? [])]) {
      if (entry.isOff) continue
      if (entry.isOnce) this.#drop(event, (other) => other === entry)
      this.#tell(event, entry.listener, detail)
    }
  }

  clear(): void {
    for (const event of this.#entries.keys()) this.#drop(event, () => true)
  }

  #add(event: EventName, listener: Listener, isOnce: boolean): void {
    checkListening(event, listener)
    const entry = { listener, isOnce, isOff: false }
    const known = this.#entries.get(event)
    if (known === undefined) this.#entries.set(event, [entry])
    else known.push(entry)
  }

  #drop(event: EventName, isMeant: (entry: Entry) => boolean): void {
    const kept: Entry[] = []
    for (const entry of this.#entries.get(event) ?? []) {
      if (isMeant(entry)) entry.isOff = true
      else kept.push(entry)
    }
    this.#entries.set(event, kept)
  }

  #tell(event: EventName, listener: Listener, detail: unknown): void {
    try {
      // An async listener is none of our business either, as long as its rejection ends the process.
      Promise.resolve(listener(detail as never) as unknown).catch((error: unknown) => this.#report(event, error))
    } catch (error) {
      this.#report(event, error)
    }
  }

  #report(event: EventName, error: unknown): void {
    this.#log.error('listener.failed', { event, error: error instanceof Error ? error.name : typeof error })
  }
}

/** A misspelt event would never come. */
function checkListening(event: unknown, listener: unknown): void {
  if (typeof event !== 'string' || !Object.hasOwn(EVENTS, event)) {
    const received = typeof event === 'string' && event !== '' ? 'another string' : kindOf(event)
    throw new TypeError(`event must be one of ${Object.keys(EVENTS).join(', ')}, received ${received}`)
  }
  if (typeof listener !== 'function') throw new TypeError(`listener must be a function, received ${kindOf(listener)}`)
}
