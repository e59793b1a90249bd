import type { ServerResponse } from 'node:http'
import type { Clock } from '@accountry/accounts'
import type { ChangeNotice, ProgressNotice } from './model.ts'

/** Changes within so many milliseconds are told together. */
const GATHER_MS = 100
/** A comment now and then tells a connection that died from one where nothing happens. */
const BEAT_MS = 20_000
/** A browser that does not read is dropped; it asks for everything when it comes back. */
const MOST_UNREAD_BYTES = 262_144
/** Tabs that show the page at the same time. */
const MOST_STREAMS = 20

/**
 * Tells every browser that shows the page that something changed (server-sent events).
 *
 * It says what to ask for again, not what is new: a notice that is lost or doubled does no harm.
 */
export class EventStream {
  readonly #clock: Clock
  readonly #onWatched: (isWatched: boolean) => void
  readonly #streams = new Set<ServerResponse>()
  readonly #accounts = new Set<string>()
  readonly #progress = new Map<string, ProgressNotice>()
  #isGathering = false
  #hasChanged = false
  #concernsAll = false
  #cancelBeat: (() => void) | undefined

  /** @param onWatched Told when the first browser comes and when the last one is gone. */
  constructor(clock: Clock, onWatched: (isWatched: boolean) => void) {
    this.#clock = clock
    this.#onWatched = onWatched
  }

  get isWatched(): boolean {
    return this.#streams.size > 0
  }

  /** Whether one more browser may listen. */
  get hasRoom(): boolean {
    return this.#streams.size < MOST_STREAMS
  }

  /** @param response Its head is written already. */
  add(response: ServerResponse): void {
    this.#streams.add(response)
    response.once('close', () => this.#drop(response))
    // What was on its way to a browser that is gone; the close follows.
    response.on('error', () => undefined)
    // A browser waits three seconds by default before it comes back.
    response.write('retry: 1000\n\nevent: change\ndata: {}\n\n')
    if (this.#streams.size > 1) return
    this.#onWatched(true)
    this.#beat()
  }

  /** @param accounts Ids of those whose details may differ; absent: anything may. */
  changed(accounts?: readonly string[]): void {
    this.#hasChanged = true
    for (const id of accounts ?? []) this.#accounts.add(id)
    if (accounts === undefined) this.#concernsAll = true
    this.#gather()
  }

  progressed(notice: ProgressNotice): void {
    this.#progress.set(`${notice.account}\n${notice.authority}`, notice)
    this.#gather()
  }

  close(): void {
    this.#cancelBeat?.()
    for (const stream of [...this.#streams]) stream.destroy()
  }

  #gather(): void {
    if (this.#isGathering || !this.isWatched) return
    this.#isGathering = true
    this.#clock.setTimer(() => this.#tell(), GATHER_MS)
  }

  #tell(): void {
    this.#isGathering = false
    for (const notice of this.#progress.values()) this.#send('progress', notice)
    const hasChanged = this.#hasChanged
    const notice = this.#notice()
    this.#forget()
    if (hasChanged) this.#send('change', notice)
  }

  #send(event: string, notice: ChangeNotice | ProgressNotice): void {
    this.#write(`event: ${event}\ndata: ${JSON.stringify(notice)}\n\n`)
  }

  #write(text: string): void {
    for (const stream of [...this.#streams]) {
      if (stream.writableLength > MOST_UNREAD_BYTES) stream.destroy()
      else stream.write(text)
    }
  }

  #beat(): void {
    this.#cancelBeat = this.#clock.setTimer(() => {
      this.#write(': still here\n\n')
      this.#beat()
    }, BEAT_MS)
  }

  #drop(stream: ServerResponse): void {
    if (!this.#streams.delete(stream) || this.isWatched) return
    this.#cancelBeat?.()
    // Whoever comes next asks for everything.
    this.#forget()
    this.#onWatched(false)
  }

  #notice(): ChangeNotice {
    return this.#concernsAll ? {} : { accounts: [...this.#accounts] }
  }

  #forget(): void {
    this.#hasChanged = false
    this.#concernsAll = false
    this.#accounts.clear()
    this.#progress.clear()
  }
}
