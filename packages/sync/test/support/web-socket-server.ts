import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

const TEXT = 1
const CLOSE = 8

/** As much of RFC 6455 as a test needs: short text messages from the server, and its close. */
export class WebSocketServer implements AsyncDisposable {
  readonly requests: IncomingMessage[] = []
  readonly #server: Server
  #sockets: Duplex[] = []
  /** Refuse the next handshakes with this status. */
  refuseWith: number | undefined

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<WebSocketServer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const made = new WebSocketServer(server)
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => made.#accept(request, socket))
    return made
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  get connections(): number {
    return this.#sockets.length
  }

  send(text: string): void {
    for (const socket of this.#sockets) socket.write(frame(TEXT, Buffer.from(text)))
  }

  /** Closes all connections with a code. */
  closeAll(code: number): void {
    const payload = Buffer.from([code >> 8, code & 255])
    for (const socket of this.#sockets.splice(0)) socket.end(frame(CLOSE, payload))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(request: IncomingMessage, socket: Duplex): void {
    this.requests.push(request)
    socket.on('error', () => undefined)
    if (this.refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${this.refuseWith} Refused\r\nConnection: close\r\n\r\n`)
      return
    }
    const key = request.headers['sec-websocket-key'] ?? ''
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    )
    this.#sockets.push(socket)
    socket.on('close', () => {
      this.#sockets = this.#sockets.filter((known) => known !== socket)
    })
    socket.resume()
  }
}

function frame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload])
}
