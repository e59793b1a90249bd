// A real browser on the real page, from an empty vault to an empty vault. `apt-get install chromium`.

import { openSettingsPage } from '@accountry/settings'
import { createFakeSyncAdapter, startAuthorizationServer } from '@accountry/testing'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { barriers } from './support/barriers.ts'
import { chromiumPath, startBrowser } from './support/chromium.ts'
import { exampleAuthenticator, openWorld, type World } from './support/world.ts'

if (chromiumPath === undefined)
  console.warn('SKIPPED: no Chromium here; install it to run the settings page in a browser')

/** Collects what must never appear. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('requestfailed', (request) => {
    if (!request.url().startsWith('http://127.0.0.1:')) complaints.push(`went to ${request.url()}`)
  })
  return complaints
}

async function worldWithService(server: { issuer: string; clientId: string }): Promise<World> {
  const adapter = createFakeSyncAdapter({
    authority: 'Tasks',
    isAlwaysSyncable: true,
    defaults: { syncAutomatically: true, periodMs: 3_600_000 },
    always: ({ result }) => {
      result.stats.numInserts = 3
    },
  })
  const world = await openWorld({ manager: { authenticators: [exampleAuthenticator(server)] }, adapters: [adapter] })
  world.sync.start()
  return world
}

/** Presses Tab until the focus is on what has this name, as a person without a mouse does. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement
      const label = element?.getAttribute('aria-label') ?? undefined
      const labels = (element as HTMLInputElement | null)?.labels?.[0]?.textContent
      return label ?? labels ?? element?.textContent ?? ''
    })
    if (typeof name === 'string' ? focused.trim() === name : name.test(focused)) return
  }
  throw new Error(`the focus never came to ${name}`)
}

describe.skipIf(chromiumPath === undefined)('in a real browser', () => {
  it('an account is added, synced, renamed, signed in to again, kept from an app and removed', async () => {
    await using server = await startAuthorizationServer()
    await using world = await worldWithService(server)
    await using browser = await startBrowser()
    const page = await browser.context.newPage()
    const complaints = complaintsOf(page)
    await page.goto(world.page.url.href)
    await page.getByRole('heading', { name: 'No accounts yet' }).waitFor()
    expect(new URL(page.url()).search).toBe('')
    expect(await barriers(page)).toEqual([])

    const signIn = async (): Promise<void> => {
      const opening = browser.context.waitForEvent('page')
      await page.getByRole('link', { name: /^Continue to sign in/ }).click()
      const service = await opening
      await service.getByText('You can close this window').waitFor()
      await service.close()
    }
    await page.getByRole('button', { name: 'Add account' }).click()
    await page.getByRole('button', { name: /^Example/ }).click()
    await page.getByText('You sign in at').waitFor()
    expect(await barriers(page)).toEqual([])
    // A page that is loaded again finds what it waited for.
    await page.reload()
    await page.getByRole('button', { name: 'Go on' }).click()
    await signIn()
    await page.getByRole('heading', { name: 'ana@example.com' }).waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('ana@example.com')

    await page.getByText('Up to date').waitFor()
    await page.getByRole('button', { name: 'Sync now: Tasks' }).click()
    await page
      .getByText(/3 added/)
      .nth(1)
      .waitFor()
    expect(await barriers(page)).toEqual([])
    const automatic = page.getByRole('switch', { name: /^Tasks/ })
    await automatic.click()
    await page.getByText('Off', { exact: true }).waitFor()
    expect(await automatic.isChecked()).toBe(false)

    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Ana at work')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Ana at work' }).waitFor()

    const before = (await world.world.manager.getAccountInfos())[0]?.credentialRevision
    await page.getByRole('button', { name: 'Sign in again' }).click()
    await signIn()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const [info] = await world.world.manager.getAccountInfos()
    expect(info?.credentialRevision).not.toBe(before)
    if (info === undefined) throw new Error('no account')

    // Announced to that app only; the page hears of it all the same.
    await world.world.manager.grantAuthToken(info.account, 'tasks', 'org.other')
    await page.getByText('org.other').waitFor()
    await page.getByRole('button', { name: 'Revoke Your tasks for org.other' }).click()
    await page.getByRole('button', { name: /^Revoke/ }).waitFor({ state: 'detached' })
    expect(await world.world.manager.getAuthTokenGrants(info.account)).toEqual([])

    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('button', { name: 'Remove account' }).click()
    await page.getByRole('heading', { name: 'No accounts yet' }).waitFor()
    expect(await world.world.manager.getAccounts()).toEqual([])
    expect(complaints).toEqual([])
  }, 120_000)

  it('the same is done without a mouse, and the focus is never lost', async () => {
    await using server = await startAuthorizationServer()
    await using world = await worldWithService(server)
    await using browser = await startBrowser()
    const page = await browser.context.newPage()
    await page.goto(world.page.url.href)
    await page.getByRole('heading', { name: 'No accounts yet' }).waitFor()
    await tabTo(page, 'Add account')
    await page.keyboard.press('Enter')
    // Escape gives up, and the focus is where it was.
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Add account')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    const opening = browser.context.waitForEvent('page')
    if (!(await page.evaluate(() => document.activeElement?.textContent?.startsWith('E')))) await tabTo(page, /Example/)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: /^Continue to sign in/ }).waitFor()
    // The link has the focus already.
    await page.keyboard.press('Enter')
    await (await opening).getByText('You can close this window').waitFor()
    await page.getByRole('heading', { name: 'ana@example.com' }).waitFor()
    // The page is behind the dialog of the sign-in until that has closed.
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await tabTo(page, 'Rename')
    await page.keyboard.press('Space')
    await page.getByLabel('Name', { exact: true }).waitFor()
    await page.keyboard.type('Ben')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Ben' }).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Rename')
    await tabTo(page, 'Remove')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await tabTo(page, 'Remove account')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'No accounts yet' }).waitFor()
    expect(await world.world.manager.getAccounts()).toEqual([])
  }, 120_000)

  it('a page whose app has gone says so, and asks to be opened again when another one is in its place', async () => {
    await using server = await startAuthorizationServer()
    await using world = await worldWithService(server)
    await using browser = await startBrowser()
    const page = await browser.context.newPage()
    await page.goto(world.page.url.href)
    await page.getByRole('heading', { name: 'No accounts yet' }).waitFor()
    await world.page.close()
    await page.getByText('The app does not answer.').waitFor()
    expect(await page.evaluate(() => document.querySelector('main')?.inert)).toBe(true)
    const accounts = world.world.manager
    await using _next = await openSettingsPage({ accounts, port: Number(new URL(page.url()).port) })
    await page.getByText('This page has ended').waitFor()
    expect(await barriers(page)).toEqual([])
  }, 60_000)

  it('a tab that nobody looks at stops listening, and catches up when it is seen again', async () => {
    await using world = await openWorld()
    await using browser = await startBrowser()
    const page = await browser.context.newPage()
    await page.clock.install()
    await page.goto(world.page.url.href)
    await page.getByRole('heading', { name: 'No accounts yet' }).waitFor()
    const show = async (isHidden: boolean): Promise<void> => {
      await page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, isHidden)
    }
    await page.evaluate(() => {
      const { close } = EventSource.prototype
      EventSource.prototype.close = function (this: EventSource): void {
        document.title = 'closed'
        close.call(this)
      }
    })
    await show(true)
    await page.clock.runFor(60_000)
    expect(await page.title()).toBe('closed')
    await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    await show(false)
    await page.getByRole('link', { name: /^ana/ }).waitFor()
  }, 60_000)

  it('a second use of the link, and a browser without it, are told what to do', async () => {
    await using world = await openWorld()
    await world.visit()
    await using browser = await startBrowser()
    const page = await browser.context.newPage()
    const url = world.page.url
    await page.goto(url.href)
    await page.getByRole('heading', { name: 'Accounts & sync' }).waitFor()
    await browser.context.clearCookies()
    await page.goto(url.href)
    await page.getByText('This page has to be opened from its app.').waitFor()
    expect(await barriers(page)).toEqual([])
  }, 60_000)
})
