import diagnostics from 'node:diagnostics_channel'
import type { Logger } from '@accountry/accounts'
import { project } from '@accountry/accounts/contract'
import { EventEmitter } from 'eventemitter3'
import type { SyncManagerEvents } from '../events.ts'

type EventName = keyof SyncManagerEvents
type Listener<E extends EventName> = (...args: SyncManagerEvents[E]) => void
type AnyListener = (payload: never) => unknown

/** Announces events to listeners and on the diagnostics channel `accountry:sync`. */
export class SyncEventHub {
  readonly #emitter = new EventEmitter()
  readonly #channel = diagnostics.channel(`${project.channelPrefix}sync`)
  readonly #guarded = new WeakMap<AnyListener, (payload: unknown) => void>()
  readonly #log: Logger

  constructor(log: Logger) {
    this.#log = log
  }

  on<E extends EventName>(event: E, listener: Listener<E>): void {
    this.#emitter.on(event, this.#guard(listener))
  }

  off<E extends EventName>(event: E, listener: Listener<E>): void {
    this.#emitter.off(event, this.#guard(listener))
  }

  once<E extends EventName>(event: E, listener: Listener<E>): void {
    this.#emitter.once(event, this.#guard(listener))
  }

  emit<E extends EventName>(event: E, payload: SyncManagerEvents[E][0]): void {
    if (this.#channel.hasSubscribers) this.#channel.publish({ event, ...payload })
    this.#emitter.emit(event, payload)
  }

  get hasListeners(): boolean {
    return this.#channel.hasSubscribers || this.#emitter.eventNames().length > 0
  }

  /** A listener that throws must break neither the engine nor the other listeners. */
  #guard(listener: AnyListener): (payload: unknown) => void {
    if (typeof listener !== 'function') throw new TypeError('listener must be a function')
    const known = this.#guarded.get(listener)
    if (known !== undefined) return known
    const failed = (error: unknown): void => {
      this.#log.warn('sync.listener-failed', { error: error instanceof Error ? error.name : 'unknown' })
    }
    const guarded = (payload: unknown): void => {
      try {
        // An asynchronous listener fails later.
        Promise.resolve(listener(payload as never)).catch(failed)
      } catch (error) {
        failed(error)
      }
    }
    this.#guarded.set(listener, guarded)
    return guarded
  }
}
