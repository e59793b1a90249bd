import { openSettingsPage, type SettingsPage } from '@accountry/settings'
import { openTestManager, type TestManager } from '@accountry/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { send, Visitor } from './support/http-client.ts'

let world: TestManager
let page: SettingsPage

beforeEach(async () => {
  world = await openTestManager()
  page = await openSettingsPage({ accounts: world.manager, clock: world.clock, idleMs: Number.POSITIVE_INFINITY })
})

afterEach(async () => {
  await page.close()
  await world.close()
})

describe('the one-time URL', () => {
  it('gives a cookie that no script reads and no other site or path gets', async () => {
    const { status, headers } = await send(page.url)
    const base = new URL('.', page.url).pathname
    expect({ status, location: headers['location'] }).toEqual({ status: 303, location: base })
    const [cookie] = headers['set-cookie'] ?? []
    expect(cookie).toMatch(new RegExp(`^accountry-settings=[\\w-]{43}; Path=${base}; HttpOnly; SameSite=Strict$`))
    expect(base).toMatch(/^\/[\w-]{22}\/$/)
  })

  it('is used up by the first browser', async () => {
    await Visitor.enter(page.url)
    const again = await send(page.url)
    expect(again.status).toBe(403)
    expect(again.headers['set-cookie']).toBeUndefined()
    expect(again.body).toContain('has to be opened from its app')
  })

  it('is one and the same until it is asked for anew, and each works once', async () => {
    expect(page.url.href).toBe(page.url.href)
    const [one, other] = [page.newUrl(), page.newUrl()]
    expect(new Set([page.url.href, one.href, other.href]).size).toBe(3)
    const [first, second] = [await Visitor.enter(one), await Visitor.enter(other)]
    expect(first.cookie).not.toBe(second.cookie)
    expect((await first.get('api/overview')).status).toBe(200)
    expect((await second.get('api/overview')).status).toBe(200)
  })

  it('works for ten minutes', async () => {
    const [early, late] = [page.newUrl(), page.newUrl()]
    await world.clock.advance(599_999)
    expect((await send(early)).status).toBe(303)
    await world.clock.advance(1)
    expect((await send(late)).status).toBe(403)
  })

  it.each([
    ['a prefetch', { 'Sec-Purpose': 'prefetch' }],
    ['a prerendering', { 'Sec-Purpose': 'prefetch;prerender' }],
    ['an older prefetch', { Purpose: 'prefetch' }],
    ['a frame', { 'Sec-Fetch-Dest': 'iframe' }],
    ['a picture', { 'Sec-Fetch-Dest': 'image' }],
    ['a script that fetches', { 'Sec-Fetch-Dest': 'empty' }],
  ])('is not used up by %s', async (_name, headers) => {
    expect((await send(page.url, { headers })).status).toBe(403)
    expect((await send(page.url)).status).toBe(303)
  })

  it('that another site links to leads on by a page of ours, so that the strict cookie comes along', async () => {
    const { status, headers, body } = await send(page.url, { headers: { 'Sec-Fetch-Site': 'cross-site' } })
    expect(status).toBe(200)
    expect(headers['set-cookie']).toHaveLength(1)
    expect(body).toContain(`content="0; url=${new URL('.', page.url).pathname}"`)
    expect(body).not.toContain(page.url.searchParams.get('token'))
  })

  it.each(['', '?token=', '?token=guess', '?token=a&token=b', '?nothing'])('with "%s" opens nothing', async (query) => {
    const answer = await send(new URL(`open${query}`, page.url))
    expect(answer.status).toBe(403)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('is given out twenty times at most; the oldest gives way', async () => {
    const oldest = page.newUrl()
    const urls = Array.from({ length: 20 }, () => page.newUrl())
    expect((await send(oldest)).status).toBe(403)
    expect((await send(urls[0] ?? oldest)).status).toBe(303)
  })
})

describe('a session', () => {
  it('ends after twelve hours', async () => {
    const visitor = await Visitor.enter(page.url)
    await world.clock.advance(43_199_999)
    expect((await visitor.get('api/overview')).status).toBe(200)
    await world.clock.advance(1)
    expect((await visitor.get('api/overview')).status).toBe(403)
    expect((await visitor.get('')).body).toContain('has to be opened from its app')
  })

  it('ends with the page', async () => {
    const visitor = await Visitor.enter(page.url)
    await page.close()
    await expect(visitor.get('api/overview')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('is found among other cookies', async () => {
    const visitor = await Visitor.enter(page.url)
    const cookies = `a=b; accountry-settings=old; ${visitor.cookie}; c=d`
    expect((await send(new URL('api/overview', visitor.base), { headers: { Cookie: cookies } })).status).toBe(200)
  })
})

describe('the page', () => {
  it('closes when nobody has come for a while, and says so', async () => {
    await page.close()
    page = await openSettingsPage({ accounts: world.manager, clock: world.clock, idleMs: 60_000 })
    const visitor = await Visitor.enter(page.url)
    await world.clock.advance(59_999)
    expect((await visitor.get('api/overview')).status).toBe(200)
    await world.clock.advance(60_000)
    await page.closed
    await expect(visitor.get('api/overview')).rejects.toThrow()
    expect(() => page.newUrl()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })

  it('closes when its signal is aborted', async () => {
    const controller = new AbortController()
    const other = await openSettingsPage({ accounts: world.manager, signal: controller.signal })
    const { origin } = other.url
    controller.abort()
    await other.closed
    await expect(send(new URL(origin))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('can be closed again and again, and leaves the accounts open', async () => {
    await page.close()
    await page.close()
    await page[Symbol.asyncDispose]()
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('listens on ::1 when it is told to', async () => {
    const other = await openSettingsPage({ accounts: world.manager, host: '::1' }).catch((error: unknown) => error)
    // A machine without IPv6 has no such address.
    if (other instanceof Error) return expect(other).toMatchObject({ code: 'ERR_UNSUPPORTED' })
    await using opened = other as SettingsPage
    expect(opened.url.hostname).toBe('[::1]')
    expect((await (await Visitor.enter(opened.url)).get('api/overview')).status).toBe(200)
  })
})
