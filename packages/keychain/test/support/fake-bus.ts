import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeMessage, type IncomingMessage, MESSAGE_TYPE } from '../../src/dbus/dbus-message.ts'
import { type WireValue, WireWriter } from '../../src/dbus/wire-writer.ts'

export interface FakeAnswer {
  readonly signature?: string
  readonly body?: readonly WireValue[]
  /** A D-Bus error name, instead of a return. */
  readonly error?: string
  /** Signals that follow the answer. */
  readonly signals?: readonly FakeSignal[]
  /** Bytes to send instead of an answer. */
  readonly raw?: Buffer
}

export interface FakeSignal {
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature: string
  readonly body: readonly WireValue[]
}

export interface FakeBus extends AsyncDisposable {
  readonly env: { readonly DBUS_SESSION_BUS_ADDRESS: string }
  /** `interface.member` of each call, in order. */
  readonly calls: string[]
  /** Connections that are open now. */
  readonly connections: Set<Socket>
}

/**
 * A message bus with a service on it, all played by `answer`: for what a real one does only by chance or never.
 *
 * `undefined` leaves a call without an answer.
 */
export async function startFakeBus(
  answer: (call: IncomingMessage) => FakeAnswer | undefined,
  greeting = 'OK 0123456789abcdef\r\n',
): Promise<FakeBus> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-bus-'))
  const calls: string[] = []
  const connections = new Set<Socket>()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    socket.on('error', () => {})
    serve(socket, greeting, (call) => {
      calls.push(`${call.interface}.${call.member}`)
      return call.member === 'Hello' || call.member === 'AddMatch' ? {} : answer(call)
    })
  })
  server.listen(join(folder, 'bus'))
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    for (const socket of connections) socket.destroy()
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(folder, 'bus')}` },
    calls,
    connections,
    [Symbol.asyncDispose]: close,
  }
}

function serve(socket: Socket, greeting: string, answer: (call: IncomingMessage) => FakeAnswer | undefined): void {
  let received = Buffer.alloc(0)
  let isGreeted = false
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (!isGreeted) {
      const begin = received.indexOf('BEGIN\r\n')
      if (begin < 0) {
        if (received.includes('AUTH EXTERNAL ')) socket.write(greeting)
        return
      }
      isGreeted = true
      received = received.subarray(begin + 'BEGIN\r\n'.length)
    }
    for (let decoded = decodeMessage(received); decoded !== undefined; decoded = decodeMessage(received)) {
      const serial = received.readUInt32LE(8)
      received = received.subarray(decoded.length)
      const reply = answer(decoded.message)
      if (reply !== undefined) socket.write(encodeAnswer(reply, serial))
    }
  })
}

function encodeAnswer(answer: FakeAnswer, serial: number): Buffer {
  if (answer.raw !== undefined) return answer.raw
  const { error, signature = '', body = [], signals = [] } = answer
  const type = error === undefined ? MESSAGE_TYPE.methodReturn : MESSAGE_TYPE.error
  const fields: WireValue[] = [[5, ['u', serial]]]
  if (error !== undefined) fields.push([4, ['s', error]])
  return Buffer.concat([encode(type, fields, signature, body), ...signals.map(encodeSignal)])
}

function encodeSignal(signal: FakeSignal): Buffer {
  const fields: WireValue[] = [
    [1, ['o', signal.path]],
    [2, ['s', signal.interface]],
    [3, ['s', signal.member]],
  ]
  return encode(MESSAGE_TYPE.signal, fields, signal.signature, signal.body)
}

function encode(type: number, fields: WireValue[], signature: string, values: readonly WireValue[]): Buffer {
  const body = new WireWriter()
  body.writeAll(signature, values)
  const header = new WireWriter()
  const all = signature === '' ? fields : [...fields, [8, ['g', signature]] as const]
  header.writeAll('yyyyuua(yv)', ['l'.charCodeAt(0), type, 0, 1, body.bytes.length, 1, all])
  header.align(8)
  return Buffer.concat([header.bytes, body.bytes])
}
