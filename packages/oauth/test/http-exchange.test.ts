import { createFakeClock } from '@accountry/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type ExchangeRequest, exchange } from '../src/http-exchange.ts'
import { testContext } from './context.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server[Symbol.asyncDispose]()
})

const request = (path: string): ExchangeRequest => ({
  url: new URL(path, server.issuer),
  method: 'POST',
  body: new URLSearchParams({ refresh_token: 'secret' }),
  timeoutMs: 30_000,
  maxBytes: 1024,
})

describe('one request to a server', () => {
  it('ends when the server never answers, and may have been acted on (B-04)', async () => {
    server.script('/token', { silent: true })
    const clock = createFakeClock()
    const exchanging = exchange(testContext({ clock }), request('/token'))
    while (server.requestsTo('/token').length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await clock.advance(30_000)
    expect(await exchanging).toMatchObject({ kind: 'no-answer', failure: 'ambiguous', code: 'TIMEOUT' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends when the answer drips in too slowly (G-24)', async () => {
    const clock = createFakeClock()
    const dripping: typeof fetch = async (_input, init) => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('{'))
          init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason))
        },
      })
      return new Response(body)
    }
    const exchanging = exchange(testContext({ clock, fetch: dripping }), request('/token'))
    await clock.advance(30_000)
    expect(await exchanging).toMatchObject({ failure: 'ambiguous', code: 'TIMEOUT' })
  })

  it('reads no more than it may, whatever the server sends (B-03)', async () => {
    let sent = 0
    const endless: typeof fetch = async () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent += 1
            controller.enqueue(new Uint8Array(512))
          },
        }),
      )
    expect(await exchange(testContext({ fetch: endless }), request('/token'))).toMatchObject({
      failure: 'ambiguous',
      code: 'BODY_TOO_LARGE',
    })
    expect(sent).toBeLessThan(10)
  })

  it('counts the bytes after decompression (B-03)', async () => {
    const { gzipSync } = await import('node:zlib')
    const bomb = gzipSync(Buffer.alloc(1024 * 1024))
    const { createServer } = await import('node:http')
    const zipped = createServer((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    )
    await new Promise<void>((resolve) => zipped.listen(0, '127.0.0.1', resolve))
    const { port } = zipped.address() as { port: number }
    const result = await exchange(testContext(), { ...request('/'), url: new URL(`http://127.0.0.1:${port}/`) })
    expect(result).toMatchObject({ code: 'BODY_TOO_LARGE' })
    zipped.closeAllConnections()
    await new Promise((resolve) => zipped.close(resolve))
  })

  it('sends nothing while the check of certificates is off (G-22)', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    let asked = 0
    const counting: typeof fetch = async () => {
      asked += 1
      return new Response()
    }
    const context = testContext({ fetch: counting })
    const result = await exchange(context, { ...request('/'), url: new URL('https://as.example/token') })
    expect(result).toMatchObject({ failure: 'tls' })
    expect(asked).toBe(0)
    await exchange(context, request('/token'))
    expect(asked).toBe(1)
  })

  it('leaves no timer behind', async () => {
    server.script('/token', { body: {} })
    const clock = createFakeClock()
    await exchange(testContext({ clock }), request('/token'))
    expect(clock.pendingTimers).toBe(0)
  })
})
