// Draws docs/images/settings-*.png: node packages/settings/test/screenshots.ts
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createFakeAuthenticator, createFakeSyncAdapter, startAuthorizationServer } from '@accountry/testing'
import type { Page } from 'playwright-core'
import { startBrowser } from './support/chromium.ts'
import { exampleAuthenticator, openWorld, type World } from './support/world.ts'

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url))
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="9" fill="#0d7f5f"/><path d="M11 21l6 6 12-13" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/></svg>',
)}`

mkdirSync(IMAGES, { recursive: true })
await using server = await startAuthorizationServer()
await using scene = await furnishedWorld()

await draw({ viewport: { width: 1_000, height: 1_280 } }, async (page) => {
  await page.goto(scene.page.newUrl().href)
  await page.getByRole('link', { name: /ana@example.com/ }).click()
  await page.getByText('Sync history').waitFor()
  await shoot(page, 'account')
})
await draw({}, async (page) => {
  await page.goto(scene.page.newUrl().href)
  await page.getByText('ana@example.com').waitFor()
  await shoot(page, 'accounts')
  await page.getByRole('button', { name: 'Add account' }).click()
  await page.getByRole('button', { name: /^Photo Shelf/ }).click()
  await page.getByRole('link', { name: /^Continue to sign in/ }).waitFor()
  await shoot(page, 'sign-in')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
})
await draw({ colorScheme: 'dark' }, async (page) => {
  await page.goto(scene.page.newUrl().href)
  await page.getByRole('link', { name: /ana@example.com/ }).click()
  await page.getByText('Sync history').waitFor()
  await shoot(page, 'dark')
})
await draw({ viewport: { width: 320, height: 640 } }, async (page) => {
  await page.goto(scene.page.newUrl().href)
  await page.getByText('ana@example.com').waitFor()
  await shoot(page, 'small')
})
await using empty = await openWorld({ manager: { authenticators: [exampleAuthenticator(server)] } })
await draw({}, async (page) => {
  await page.goto(empty.page.newUrl().href)
  await page.getByText('No accounts yet').waitFor()
  await shoot(page, 'empty')
})

async function draw(
  options: { colorScheme?: 'dark' | 'light'; viewport?: { width: number; height: number } },
  what: (page: Page) => Promise<void>,
): Promise<void> {
  await using browser = await startBrowser({ colorScheme: 'light', reducedMotion: 'reduce', ...options })
  await what(await browser.context.newPage())
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${IMAGES}settings-${name}.png` })
}

/** Accounts in every state that a person meets. */
async function furnishedWorld(): Promise<World> {
  const tasks = createFakeSyncAdapter({
    authority: 'Tasks',
    isAlwaysSyncable: true,
    defaults: { syncAutomatically: true, periodMs: 3_600_000 },
    always: ({ result }) => {
      result.stats.numInserts = 3
      result.stats.numUpdates = 12
    },
  })
  const calendar = createFakeSyncAdapter({
    authority: 'Calendar',
    isAlwaysSyncable: true,
    defaults: { syncAutomatically: true, periodMs: 1_800_000 },
    always: 'hang',
  })
  const photos = createFakeSyncAdapter({ authority: 'Photos', isAlwaysSyncable: true })
  const opened = await openWorld({
    manager: {
      app: { id: 'com.example.agenda', name: 'Agenda', system: true },
      authenticators: [
        exampleAuthenticator(server),
        exampleAuthenticator(server, { type: 'org.example.tasks', label: 'Tasks Cloud', icon: ICON }),
        exampleAuthenticator(server, { type: 'net.example.mail', label: 'Mailbox' }),
        createFakeAuthenticator({
          type: 'com.example.photos',
          label: 'Photo Shelf',
          answers: {
            addAccount: [
              async (_request, { interaction, signal }) => {
                await interaction?.openBrowser?.({ url: new URL('https://login.photoshelf.example/'), signal })
                return await new Promise((_resolve, reject) =>
                  signal.addEventListener('abort', () => reject(signal.reason)),
                )
              },
            ],
          },
        }),
      ],
    },
    adapters: [tasks, calendar, photos],
  })
  const { manager } = opened.world
  const add = (type: string, name: string): Promise<{ id: string; type: string; name: string }> =>
    manager.addAccountExplicitly({ type, name }, { password: 'a refresh token' })
  const ana = await add('com.example', 'ana@example.com')
  await add('com.example', 'ana.work@example.com')
  await add('org.example.tasks', 'ana')
  await add('net.example.mail', 'info@bookshop.example')
  const old = await manager.addAccountExplicitly({ type: 'net.example.mail', name: 'ana@old.example' })
  await manager.getAuthToken(old, { scopes: ['tasks.read'] }).catch(() => undefined)
  await manager.setDefaultAccount('com.example', ana)
  await manager.grantAuthToken(ana, 'tasks', 'com.example.widget')
  await manager.setAccountVisibility(ana, 'com.example.widget', 'user-managed-visible')
  await manager.setAccountVisibility(ana, 'org.example.backup', 'user-managed-not-visible')
  opened.sync.start()
  await opened.sync.requestSync({ account: ana, authority: 'Tasks', manual: true }).done
  opened.sync.requestSync({ account: ana, authority: 'Calendar', manual: true })
  const run = await firstRun(calendar)
  run.context.progress({ done: 140, total: 380, text: 'Fetching events' })
  return opened
}

async function firstRun(adapter: ReturnType<typeof createFakeSyncAdapter>): Promise<(typeof adapter)['runs'][number]> {
  for (;;) {
    const [run] = adapter.active
    if (run !== undefined) return run
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
