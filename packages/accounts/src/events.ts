import { EventEmitter } from 'node:events'
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

/** Delivers events so that a listener that throws, or that changes something itself, harms nobody. */
export class Events {
  readonly #emitter = new EventEmitter()
  readonly #guarded = new WeakMap<Listener, (event: unknown) => void>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
    // Node warns on stderr at the eleventh listener; a host may well have as many windows as it likes.
    this.#emitter.setMaxListeners(0)
  }

  on(event: EventName, listener: Listener): void {
    this.#emitter.on(event, this.#guard(event, listener))
  }

  once(event: EventName, listener: Listener): void {
    this.#emitter.once(event, this.#guard(event, listener))
  }

  off(event: EventName, listener: Listener): void {
    checkListening(event, listener)
    const guarded = this.#guarded.get(listener)
    if (guarded === undefined) return
    // Node's emitter takes off one at a time; a listener that was added twice is taken off as a whole.
    for (const known of this.#emitter.listeners(event)) if (known === guarded) this.#emitter.off(event, guarded)
  }

  emit<E extends EventName>(event: E, detail: AccountManagerEvents[E][0]): void {
    this.#emitter.emit(event, detail)
  }

  clear(): void {
    this.#emitter.removeAllListeners()
  }

  #report(event: EventName, error: unknown): void {
    this.#log.error('listener.failed', { event, error: error instanceof Error ? error.name : typeof error })
  }

  #guard(event: EventName, listener: Listener): (event: unknown) => void {
    checkListening(event, listener)
    const known = this.#guarded.get(listener)
    if (known !== undefined) return known
    const guarded = (detail: unknown) => {
      try {
        // An async listener is none of our business either, as long as its rejection ends the process.
        Promise.resolve(listener(detail as never) as unknown).catch((error: unknown) => this.#report(event, error))
      } catch (error) {
        this.#report(event, error)
      }
    }
    this.#guarded.set(listener, guarded)
    return guarded
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
