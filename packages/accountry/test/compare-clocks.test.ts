import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { compareClocks } from '../src/command/doctor/compare-clocks.ts'

const signal = new AbortController().signal
const closers: (() => void)[] = []

afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function serverAt(date: Date, seen: { method?: string; authorization?: string }[] = []): Promise<string> {
  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? '', authorization: request.headers.authorization ?? '' })
    response.sendDate = false
    response.writeHead(404, { date: date.toUTCString() }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`
}

describe('compareClocks', () => {
  test('finds how far the clocks are apart, whatever the page says', async () => {
    const seen: { method?: string }[] = []
    const at = Date.UTC(2026, 0, 1, 12)
    const url = await serverAt(new Date(at), seen)
    const [found] = await compareClocks([url], { signal, now: () => at + 90_500 })
    expect(found).toEqual({ host: new URL(url).host, skewMs: 90_000 })
    expect(seen).toEqual([{ method: 'HEAD', authorization: '' }])
  })

  test('says nothing about a service that does not answer, or a name that is no web address', async () => {
    const refused = 'http://127.0.0.1:1'
    expect(await compareClocks([refused, 'urn:issuer', 'file:///etc/hosts', 'nonsense'], { signal })).toEqual([])
  })
})
