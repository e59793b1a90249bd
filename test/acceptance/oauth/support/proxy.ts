import { createServer as createHttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import type { CertificateAuthority } from '@accountry/testing'
import { onTestFinished } from 'vitest'

/** A proxy that opens tunnels, or refuses to. */
export interface Proxy {
  readonly url: string
  /** `host:port` of every tunnel that was asked for, and every URL that it was asked to fetch itself. */
  readonly asked: readonly string[]
}

/** @param to The port of 127.0.0.1 where every tunnel ends; `undefined`: the proxy wants a password first. */
export async function startProxy(to: number | undefined): Promise<Proxy> {
  const asked: string[] = []
  const server = createHttpServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(502).end()
  })
  server.on('connect', (request, socket, head) => {
    asked.push(request.url ?? '')
    socket.on('error', () => undefined)
    if (to === undefined) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n\r\n')
      return
    }
    const tunnel = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      tunnel.write(head)
      tunnel.pipe(socket).pipe(tunnel)
    })
    tunnel.on('error', () => socket.destroy())
  })
  return { url: `http://127.0.0.1:${await listening(server)}`, asked }
}

/** A token endpoint for `https://<host>` on some port of this machine. @returns The port, and the forms it received. */
export async function startTokenEndpoint(
  host: string,
  authority: CertificateAuthority,
  answer: object,
): Promise<{ readonly port: number; readonly forms: readonly string[] }> {
  const forms: string[] = []
  const server = createTlsServer(authority.issue({ hosts: [host] }), (request, response) => {
    let form = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      form += chunk
    })
    request.on('end', () => {
      forms.push(form)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  return { port: await listening(server), forms }
}

async function listening(server: Server & { closeAllConnections?: () => void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections?.()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}
