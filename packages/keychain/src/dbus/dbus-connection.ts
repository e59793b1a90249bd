import type { Socket } from 'node:net'
import type { BusSocket } from './bus-address.ts'
import { decodeMessage, encodeCall, type IncomingMessage, MESSAGE_TYPE, type MethodCall } from './dbus-message.ts'
import type { WireValue } from './wire-writer.ts'

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' }
/** A bus that does not finish its greeting within this many bytes is none. */
const MAX_GREETING_BYTES = 4096

/** The name of a {@link DbusError} for an answer of other types than the method has. */
export const UNEXPECTED_ANSWER = 'an unexpected answer'

/** The bus or the service answered with an error. `name` is the D-Bus error name. */
export class DbusError extends Error {
  constructor(name: string) {
    super(`D-Bus answered ${name}`)
    this.name = name
  }
}

/** There is no connection to the bus, or it ended. `code` is the system's, e.g. `ENOENT`. */
export class DbusUnreachable extends Error {
  readonly code: string

  constructor(code: string) {
    super(`the D-Bus session bus cannot be reached (${code})`)
    this.name = 'DbusUnreachable'
    this.code = code
  }
}

interface PendingCall {
  resolve(body: readonly WireValue[]): void
  reject(error: Error): void
}

interface SentCall extends PendingCall {
  readonly returns: string | undefined
}

interface AwaitedSignal extends PendingCall {
  matches(message: IncomingMessage): boolean
}

/**
 * A connection to the session bus, for a few calls.
 *
 * Connecting, then authenticated, then open, then closed; it never opens again. It closes by itself when `signal` is
 * aborted or the bus hangs up, and every call that waits is then rejected. No thread is used and nothing blocks, so a
 * call that waits for a person can be given up at any time.
 */
export class DbusConnection {
  readonly #socket: Socket
  readonly #signal: AbortSignal
  readonly #pending = new Map<number, SentCall>()
  readonly #awaited = new Set<AwaitedSignal>()
  #received: Buffer = Buffer.alloc(0)
  #greeting: PendingCall | undefined
  #failure: Error | undefined
  #serial = 0

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(new DbusUnreachable(error.code ?? 'closed')))
    socket.on('close', () => this.#end(new DbusUnreachable('closed')))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /**
   * Connects to the first of `sockets` that answers.
   *
   * @throws {@link DbusUnreachable} when none does; the reason of `signal` when it is aborted first.
   */
  static async open(sockets: readonly BusSocket[], signal: AbortSignal): Promise<DbusConnection> {
    let failure: unknown = new DbusUnreachable('no address')
    for (const path of sockets) {
      signal.throwIfAborted()
      const connection = new DbusConnection(process.getBuiltinModule('node:net').connect({ path }), signal)
      try {
        await connection.#greet()
        await connection.call({ ...BUS, member: 'Hello' })
        return connection
      } catch (error) {
        connection.close()
        failure = error
      }
    }
    throw failure
  }

  /**
   * Calls a method and resolves to what it returns.
   *
   * @throws {@link DbusError} when it is answered with an error, or with values of other types than `call.returns`;
   *   {@link DbusUnreachable} when the connection ends.
   */
  call(call: MethodCall): Promise<readonly WireValue[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const serial = ++this.#serial
    return new Promise((resolve, reject) => {
      this.#pending.set(serial, { returns: call.returns, resolve, reject })
      this.#socket.write(encodeCall(call, serial))
    })
  }

  /** Asks the bus to deliver the signals that match `rule` from now on. */
  async addMatch(rule: string): Promise<void> {
    await this.call({ ...BUS, member: 'AddMatch', signature: 's', body: [rule] })
  }

  /** Resolves with the next signal for which `matches` holds. The bus delivers what {@link addMatch} asked for. */
  nextSignal(matches: (message: IncomingMessage) => boolean): Promise<readonly WireValue[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#awaited.add({ matches, resolve, reject }))
  }

  close(): void {
    this.#end(new DbusUnreachable('closed'))
  }

  async #greet(): Promise<void> {
    const user = Buffer.from(String(process.geteuid?.() ?? 0)).toString('hex')
    const greeted = new Promise((resolve, reject) => {
      this.#greeting = { resolve, reject }
    })
    this.#socket.write(`\0AUTH EXTERNAL ${user}\r\n`)
    await greeted
    this.#socket.write('BEGIN\r\n')
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    try {
      if (this.#greeting === undefined) this.#readMessages()
      else this.#readGreeting(this.#greeting)
    } catch {
      this.#end(new DbusUnreachable('malformed answer'))
    }
  }

  #readGreeting(greeting: PendingCall): void {
    const end = this.#received.indexOf('\r\n')
    if (end < 0 && this.#received.length < MAX_GREETING_BYTES) return
    const line = this.#received.toString('latin1', 0, end)
    this.#received = this.#received.subarray(end + 2)
    this.#greeting = undefined
    if (line.startsWith('OK ')) greeting.resolve([])
    else greeting.reject(new DbusUnreachable('authentication refused'))
  }

  #readMessages(): void {
    for (;;) {
      const decoded = decodeMessage(this.#received)
      if (decoded === undefined) return
      this.#received = this.#received.subarray(decoded.length)
      this.#dispatch(decoded.message)
    }
  }

  #dispatch(message: IncomingMessage): void {
    if (message.type === MESSAGE_TYPE.signal) {
      for (const awaited of this.#awaited) {
        if (awaited.matches(message) && this.#awaited.delete(awaited)) awaited.resolve(message.body)
      }
      return
    }
    const pending = message.replySerial === undefined ? undefined : this.#pending.get(message.replySerial)
    if (pending === undefined || message.replySerial === undefined) return
    this.#pending.delete(message.replySerial)
    const isAsPromised = pending.returns === undefined || pending.returns === message.signature
    if (message.type === MESSAGE_TYPE.error) pending.reject(new DbusError(message.errorName ?? 'an unnamed error'))
    else if (isAsPromised) pending.resolve(message.body)
    else pending.reject(new DbusError(UNEXPECTED_ANSWER))
  }

  readonly #onAbort = (): void => this.#end(this.#signal.reason as Error)

  #end(failure: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#socket.destroy()
    this.#greeting?.reject(failure)
    for (const { reject } of [...this.#pending.values(), ...this.#awaited]) reject(failure)
    this.#pending.clear()
    this.#awaited.clear()
  }
}
