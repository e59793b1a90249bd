import type { Clock } from '@accountry/accounts'
import type { BridgeCall } from '../bridge/calls.ts'
import type { ContentsEnding, HostContents } from './electron-types.ts'
import { Traffic, type TrafficLimits } from './traffic.ts'

const ENDINGS: readonly ContentsEnding[] = ['destroyed', 'did-navigate', 'render-process-gone']

/** A window that the host serves: what it may, what it asks now, and what ends that (EL-13). */
export class AttachedWindow {
  readonly contents: HostContents
  readonly calls: ReadonlySet<BridgeCall>
  readonly traffic: Traffic
  readonly #running = new Map<string, AbortController>()
  readonly #listeners: ReadonlyMap<ContentsEnding, () => void>

  /** @param onEnding Called when the page that asked is gone; `isOver`: the window is, too. */
  constructor(
    contents: HostContents,
    calls: ReadonlySet<BridgeCall>,
    limits: TrafficLimits,
    clock: Clock,
    onEnding: (isOver: boolean) => void,
  ) {
    this.contents = contents
    this.calls = calls
    this.traffic = new Traffic(limits, clock)
    this.#listeners = new Map(ENDINGS.map((ending) => [ending, () => onEnding(ending === 'destroyed')]))
    for (const [ending, listener] of this.#listeners) contents.on(ending, listener)
  }

  /** @throws TypeError when a call of that id is under way. */
  begin(id: string): AbortSignal {
    if (this.#running.has(id)) throw new TypeError('id must be one that no call under way has')
    const controller = new AbortController()
    this.#running.set(id, controller)
    return controller.signal
  }

  end(id: string): void {
    this.#running.delete(id)
  }

  cancel(id: string): void {
    this.#running.get(id)?.abort()
  }

  cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort()
  }

  /** Lets go of the window. */
  release(): void {
    this.cancelAll()
    if (this.contents.isDestroyed()) return
    for (const [ending, listener] of this.#listeners) this.contents.off(ending, listener)
  }
}
