import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface TokenServer {
  readonly url: string
  /** The refresh tokens that it was sent so far. */
  readonly sent: readonly string[]
  /** Whether the newest refresh token still works: none was used twice. */
  isAlive(): boolean
  /** Answers of requests for the token type `hang` are kept until here; the rotation has happened. */
  readonly hanging: readonly ServerResponse[]
  /** Resolves when that many requests for `hang` have arrived. */
  whenHanging(count: number): Promise<void>
}

/** A service on 127.0.0.1 that rotates refresh tokens strictly: one that is used twice ends the grant. */
export async function startTokenServer(first: string, lifetimeMs = 3_600_000): Promise<TokenServer> {
  const sent: string[] = []
  const hanging: ServerResponse[] = []
  const watchers = new Set<() => void>()
  let current: string | undefined = first
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { password, authTokenType } = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>
      sent.push(password ?? '')
      if (password !== current) {
        current = undefined
        response.end(JSON.stringify({ error: 'invalid_grant' }))
        return
      }
      current = `refresh-${sent.length}`
      const answer = JSON.stringify({ password: current, value: `token-${sent.length}`, lifetimeMs })
      if (authTokenType !== 'hang') {
        response.end(answer)
        return
      }
      hanging.push(response)
      for (const watch of watchers) watch()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    sent,
    hanging,
    isAlive: () => current !== undefined,
    async whenHanging(count) {
      while (hanging.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>()
        watchers.add(resolve)
        await promise
        watchers.delete(resolve)
      }
    },
  }
}
