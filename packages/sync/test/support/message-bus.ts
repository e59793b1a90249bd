import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type DBusMessage,
  DBusReader,
  type DBusValue,
  DBusWriter,
  decodeMessage,
  encodeMessage,
  METHOD_CALL,
  METHOD_RETURN,
  messageLength,
  SIGNAL,
} from '../../src/environment/dbus-message.ts'

export const hasMessageBus: boolean = spawnSync('dbus-daemon', ['--version']).status === 0

/** A real message bus in a folder of its own. */
export class MessageBus implements AsyncDisposable {
  readonly address: string
  readonly #daemon: ChildProcess
  readonly #folder: string

  private constructor(daemon: ChildProcess, address: string, folder: string) {
    this.#daemon = daemon
    this.address = address
    this.#folder = folder
  }

  static async start(): Promise<MessageBus> {
    const folder = mkdtempSync(join(tmpdir(), 'sync-bus-'))
    const address = `unix:path=${join(folder, 'bus')}`
    const daemon = spawn('dbus-daemon', ['--session', '--nofork', '--print-address=1', `--address=${address}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    if (daemon.stdout !== null) await once(daemon.stdout, 'data')
    return new MessageBus(daemon, address, folder)
  }

  get path(): string {
    return this.address.slice('unix:path='.length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#daemon, 'exit')
    this.#daemon.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A service on the bus that answers for one property of one object, as NetworkManager and UPower do. */
export class PropertyService implements Disposable {
  readonly #socket: Socket
  readonly #path: string
  readonly #type: 'u' | 'b' | 's'
  #value: DBusValue
  #serial = 0
  #received: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket, path: string, type: 'u' | 'b' | 's', value: DBusValue) {
    this.#socket = socket
    this.#path = path
    this.#type = type
    this.#value = value
  }

  static async start(
    bus: MessageBus,
    name: string,
    path: string,
    type: 'u' | 'b' | 's',
    value: DBusValue,
  ): Promise<PropertyService> {
    const socket = connect(bus.path)
    await once(socket, 'connect')
    socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.() ?? 0)).toString('hex')}\r\n`)
    await once(socket, 'data')
    socket.write('BEGIN\r\n')
    const service = new PropertyService(socket, path, type, value)
    socket.on('data', (bytes) => service.#receive(bytes))
    service.#callBus('Hello', '', Buffer.alloc(0))
    service.#callBus('RequestName', 'su', new DBusWriter().string(name).uint32(0).toBuffer())
    await service.#settled()
    return service
  }

  /** Changes the value, and tells the bus. */
  set(value: DBusValue): void {
    this.#value = value
    const body = new DBusWriter().string('x.y').uint32(0).align(8).uint32(0).toBuffer()
    const signal = { path: this.#path, interface: 'org.freedesktop.DBus.Properties', member: 'PropertiesChanged' }
    this.#send({ ...signal, type: SIGNAL, flags: 0, signature: 'sa{sv}as', body })
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #callBus(member: string, signature: string, body: Buffer): void {
    const bus = 'org.freedesktop.DBus'
    const call = { destination: bus, path: '/org/freedesktop/DBus', interface: bus, member, body }
    this.#send({ ...call, type: METHOD_CALL, flags: 0, ...(signature !== '' && { signature }) })
  }

  #send(message: Omit<DBusMessage, 'serial'>): void {
    this.#socket.write(encodeMessage({ ...message, serial: ++this.#serial }))
  }

  /** Until the bus has answered both calls. */
  async #settled(): Promise<void> {
    while (!this.#replies.has(2)) await once(this.#socket, 'data')
  }

  readonly #replies = new Set<number>()

  #receive(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    for (let length = messageLength(this.#received); length !== undefined; length = messageLength(this.#received)) {
      if (this.#received.length < length) return
      this.#answer(decodeMessage(this.#received.subarray(0, length)))
      this.#received = this.#received.subarray(length)
    }
  }

  #answer(message: DBusMessage): void {
    if (message.replySerial !== undefined) this.#replies.add(message.replySerial)
    if (message.type !== METHOD_CALL || message.member !== 'Get') return
    const reader = new DBusReader(message.body)
    reader.string()
    reader.string()
    const body = new DBusWriter().variant(this.#type, this.#value).toBuffer()
    const reply = { replySerial: message.serial, destination: message.sender ?? '', signature: 'v', body }
    this.#send({ ...reply, type: METHOD_RETURN, flags: 0 })
  }
}
