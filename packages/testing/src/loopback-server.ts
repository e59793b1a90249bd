import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** Listens on a loopback address and returns the port. */
export async function listenOn(
  server: HttpServer | HttpsServer,
  port: number = 0,
  host: string = '127.0.0.1',
): Promise<number> {
  // A client that was stopped for some seconds would else send into a connection that was just closed for idleness.
  server.keepAliveTimeout = 0
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, resolve)
  await promise
  server.off('error', reject)
  return (server.address() as AddressInfo).port
}

/** Stops at once, also with connections that hang. */
export async function closeAtOnce(server: HttpServer | HttpsServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}

/** The whole body of a request. Rejects when the connection breaks before its end. */
export async function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
