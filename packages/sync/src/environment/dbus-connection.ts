import { connect, type Socket } from 'node:net'
import type { DBusMessage } from './dbus-message.ts'
import {
  DBusReader,
  type DBusValue,
  DBusWriter,
  decodeMessage,
  ERROR,
  encodeMessage,
  METHOD_CALL,
  METHOD_RETURN,
  messageLength,
  NO_AUTO_START,
  SIGNAL,
} from './dbus-message.ts'

const BUS = 'org.freedesktop.DBus'
const LONGEST_MESSAGE = 1_048_576

/**
 * A connection to a message bus that reads properties and hears when they change. It keeps no process alive.
 */
export class DBusConnection {
  readonly #socket: Socket
  readonly #calls = new Map<number, { resolve: (message: DBusMessage) => void; reject: (error: Error) => void }>()
  readonly #listeners = new Set<(signal: DBusMessage) => void>()
  #serial = 0
  #received: Buffer = Buffer.alloc(0)
  #closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /**
   * Connects to the first address of a list such as `unix:path=/run/dbus/system_bus_socket` that answers.
   *
   * @throws Error when none does.
   */
  static async open(addresses: string): Promise<DBusConnection> {
    let failure: unknown = new Error('the list of D-Bus addresses is empty')
    for (const path of socketPaths(addresses)) {
      try {
        const connection = new DBusConnection(await dial(path))
        await connection.#greet()
        return connection
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  /** A property of a basic type; rejects when the service or the property is not there. */
  async getProperty(service: string, path: string, iface: string, property: string): Promise<DBusValue | undefined> {
    const body = new DBusWriter().string(iface).string(property).toBuffer()
    const reply = await this.#call({
      destination: service,
      path,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
      body,
    })
    return new DBusReader(reply.body).variant()
  }

  /** Calls `listener` when any property of the object at `path` changes. */
  async onPropertiesChanged(path: string, listener: () => void): Promise<void> {
    const rule = `type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path='${path}'`
    const body = new DBusWriter().string(rule).toBuffer()
    await this.#call({
      destination: BUS,
      path: '/org/freedesktop/DBus',
      interface: BUS,
      member: 'AddMatch',
      signature: 's',
      body,
    })
    this.#listeners.add((signal) => {
      if (signal.path === path && signal.member === 'PropertiesChanged') listener()
    })
  }

  /** Calls `listener` once when the connection ends, by either side. */
  onClose(listener: () => void): void {
    this.#socket.once('close', listener)
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
  }

  async #greet(): Promise<void> {
    const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex')
    this.#socket.write(`\0AUTH EXTERNAL ${uid}\r\n`)
    const answer = await firstLine(this.#socket)
    if (!answer.startsWith('OK ')) throw new Error('the message bus refused the connection')
    this.#socket.write('BEGIN\r\n')
    this.#socket.on('data', (bytes) => this.#receive(bytes))
    this.#socket.on('close', () => this.#failAll(new Error('the message bus closed the connection')))
    await this.#call({
      destination: BUS,
      path: '/org/freedesktop/DBus',
      interface: BUS,
      member: 'Hello',
      body: Buffer.alloc(0),
    })
  }

  #call(call: Omit<DBusMessage, 'type' | 'flags' | 'serial'>): Promise<DBusMessage> {
    if (this.#closed) return Promise.reject(new Error('the connection to the message bus is closed'))
    const serial = ++this.#serial
    return new Promise((resolve, reject) => {
      this.#calls.set(serial, { resolve, reject })
      this.#socket.write(encodeMessage({ ...call, type: METHOD_CALL, flags: NO_AUTO_START, serial }))
    })
  }

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    for (;;) {
      const length = messageLength(this.#received)
      if (length === undefined) break
      if (length > LONGEST_MESSAGE) {
        this.close()
        break
      }
      if (this.#received.length < length) break
      const message = decodeMessage(this.#received.subarray(0, length))
      this.#received = this.#received.subarray(length)
      this.#dispatch(message)
    }
  }

  #dispatch(message: DBusMessage): void {
    if (message.type === SIGNAL) {
      for (const listener of this.#listeners) listener(message)
      return
    }
    const call = this.#calls.get(message.replySerial ?? 0)
    if (call === undefined) return
    this.#calls.delete(message.replySerial ?? 0)
    if (message.type === METHOD_RETURN) call.resolve(message)
    else if (message.type === ERROR) call.reject(new Error(message.errorName ?? 'D-Bus error'))
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#calls.values()) reject(error)
    this.#calls.clear()
  }
}

/** The socket paths of a list of addresses; other transports are left out. */
export function socketPaths(addresses: string): string[] {
  return addresses.split(';').flatMap((address) => {
    const [transport, rest = ''] = address.split(':', 2)
    if (transport !== 'unix') return []
    const keys = new Map(rest.split(',').map((pair) => pair.split('=', 2) as [string, string]))
    const path = keys.get('path')
    const abstract = keys.get('abstract')
    if (path !== undefined) return [decodeURIComponent(path)]
    return abstract === undefined ? [] : [`\0${decodeURIComponent(abstract)}`]
  })
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.unref()
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      // A bus that goes away is seen by `close`.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error('the message bus closed the connection'))
    socket.once('close', fail)
    socket.once('data', (bytes) => {
      socket.off('close', fail)
      resolve(bytes.toString('latin1').split('\r\n', 1)[0] ?? '')
    })
  })
}
