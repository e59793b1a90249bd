import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AccountError } from '@accountry/accounts'
import { Activities } from './activities.ts'
import { EventStream } from './event-stream.ts'
import { ENTRANCE, type PagePlace } from './gate.ts'
import type { Host } from './host.ts'
import { IdleWatch } from './idle-watch.ts'
import { loadPageFiles } from './page-files.ts'
import { Questions } from './questions.ts'
import { refusal, send } from './responses.ts'
import { answerRequest } from './router.ts'
import type { CheckedOptions } from './settings-options.ts'
import type { SettingsPage } from './settings-page.ts'
import { shownText } from './shown-text.ts'
import { Visitors } from './visitors.ts'
import { watchManagers } from './watch-managers.ts'

const MAX_HEADER_BYTES = 16_384
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5_000
/** How often Node looks for requests that take too long. */
const CHECK_MS = 2_000
/** Ends connections on which nobody says anything; an event stream says something every 20 seconds. */
const SILENCE_MS = 60_000
const MAX_CONNECTIONS = 100

/** Makes the rooms of the page, opens the port, and puts them together. */
export async function startPageServer(options: CheckedOptions): Promise<SettingsPage> {
  const files = await loadPageFiles()
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
  })
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = SILENCE_MS
  const page = new RunningPage(server, options)
  server.on('request', (request, response) => {
    page.idle.touch()
    answerRequest({ host: page.host, place: page.place, visitors: page.visitors, files }, request, response).catch(() =>
      // A body that was cut short, or an answer that nobody waits for any more.
      response.destroy(),
    )
  })
  server.on('checkExpectation', (_request, response) => send(response, refusal(417)))
  try {
    page.begin()
    page.place = placeOf(await listening(server, options))
    if (options.signal?.aborted === true) throw new AccountError('ERR_ABORTED', 'Opening the settings page was aborted')
    return page
  } catch (error) {
    await page.close()
    throw error
  }
}

class RunningPage implements SettingsPage {
  readonly host: Host
  readonly visitors: Visitors
  readonly idle: IdleWatch
  readonly closed: Promise<void>
  /** Empty until the port is bound: a request that is faster than that matches no host. */
  place: PagePlace = { host: '', origin: '', base: '/' }
  readonly #server: Server
  readonly #options: CheckedOptions
  readonly #subscriptions: (() => void)[] = []
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers()
  #url: URL | undefined
  #closing: Promise<void> | undefined

  constructor(server: Server, options: CheckedOptions) {
    const { clock, accounts, sync, title, idleMs } = options
    this.#server = server
    this.#options = options
    this.closed = this.#ended.promise
    this.visitors = new Visitors(clock)
    this.idle = new IdleWatch(clock, idleMs, () => void this.close())
    const stream = new EventStream(clock, (isWatched) => (isWatched ? this.idle.suspend() : this.idle.resume()))
    const tell = (): void => stream.changed([])
    const questions = new Questions(tell)
    const activities = new Activities(tell)
    this.host = { accounts, sync, title: shownText(title), clock, questions, activities, stream }
  }

  get url(): URL {
    this.#url ??= this.#invitation()
    return this.#url
  }

  newUrl(): URL {
    if (this.#closing !== undefined) throw new AccountError('ERR_CLOSED', 'The settings page is closed')
    return this.#invitation()
  }

  /** From now on it answers, tells and ends by itself. */
  begin(): void {
    const { interaction, signal } = this.#options
    const { stream, questions, activities } = this.host
    interaction?.attach({ questions, activities: activities.current, isWatched: () => stream.isWatched })
    const onAbort = (): void => void this.close()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#subscriptions.push(
      watchManagers(this.host),
      () => signal?.removeEventListener('abort', onAbort),
      () => interaction?.detach(),
    )
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #invitation(): URL {
    const url = new URL(this.place.base + ENTRANCE, this.place.origin)
    url.searchParams.set('token', this.visitors.invite())
    return url
  }

  async #close(): Promise<void> {
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    this.idle.stop()
    this.host.questions.dismissAll()
    this.host.activities.cancelAll()
    this.host.stream.close()
    const done = Promise.withResolvers<void>()
    this.#server.close(() => done.resolve())
    this.#server.closeAllConnections()
    await done.promise
    this.#ended.resolve()
  }
}

async function listening(server: Server, { host, port }: CheckedOptions): Promise<AddressInfo> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port, exclusive: true }, resolve)
  try {
    await promise
  } catch (error) {
    throw listenError(error, port)
  }
  server.off('error', reject)
  return server.address() as AddressInfo
}

function listenError(error: unknown, port: number): AccountError {
  const isTaken = (error as { code?: unknown }).code === 'EADDRINUSE'
  return isTaken
    ? new AccountError('ERR_UNSUPPORTED', `Port ${port} is taken; choose another one, or 0 for any`, {
        reason: 'port_in_use',
      })
    : new AccountError('ERR_UNSUPPORTED', 'The settings page cannot listen on the loopback address of this machine', {
        cause: error,
      })
}

function placeOf({ address, family, port }: AddressInfo): PagePlace {
  const host = `${family === 'IPv6' ? `[${address}]` : address}:${port}`
  return { host, origin: `http://${host}`, base: `/${randomBytes(16).toString('base64url')}/` }
}
