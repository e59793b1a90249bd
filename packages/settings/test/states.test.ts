// Every screen and dialog in the windows and colours that people have, with the names that people have.

import type { AuthenticatorContext, InteractionHandler } from '@accountry/accounts'
import { createPageInteraction, openSettingsPage } from '@accountry/settings'
import { createFakeAuthenticator, createFakeSyncAdapter, openTestManager } from '@accountry/testing'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { barriers, cutOffTexts } from './support/barriers.ts'
import { chromiumPath, startBrowser } from './support/chromium.ts'
import { openWorld, type World } from './support/world.ts'

const LONG_NAME = `${'a'.repeat(60)}.${'a-long-name.'.repeat(12)}@example.com`
const LONG_WORD = 'x'.repeat(300)

type Ask = (interaction: InteractionHandler, context: AuthenticatorContext) => Promise<unknown>

const QUESTIONS: Readonly<Record<string, Ask>> = {
  form: async ({ promptCredentials }, { signal }) =>
    promptCredentials?.({
      fields: [
        { name: 'user', label: 'User name', value: 'ana', required: true },
        { name: 'key', label: `Key ${LONG_WORD}`, secret: true },
      ],
      signal,
    }),
  'device code': async ({ showDeviceCode }, { signal }) => {
    const uri = `https://login.example.com/${'device/'.repeat(20)}`
    await showDeviceCode?.({ userCode: 'WDJB-MJHT', verificationUri: uri, expiresAt: Date.now() + 600_000, signal })
    await untilAborted(signal)
  },
  browser: async ({ openBrowser }, { signal }) => {
    await openBrowser?.({ url: new URL(`https://${'a-long-host.'.repeat(8)}example/`), signal })
    await untilAborted(signal)
  },
  failure: async () => {
    throw new TypeError(`of the authenticator ${LONG_WORD}`)
  },
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

/** Accounts with the longest names, whose syncs fail with the longest messages. */
async function awkwardWorld(asked: () => Ask): Promise<World> {
  const label = 'A service with an uncommonly long label that nobody shortened'
  const authenticator = createFakeAuthenticator({ type: 'com.example', label })
  authenticator.always('addAccount', async (_request, context) => {
    if (context.interaction === undefined) throw new TypeError('nobody to ask')
    await asked()(context.interaction, context)
    return { name: 'nobody', password: 'a password' }
  })
  const failing = createFakeSyncAdapter({
    authority: `com.example.calendar.${'and-more.'.repeat(8)}`,
    isAlwaysSyncable: true,
    defaults: { syncAutomatically: true, periodMs: 3_600_000 },
    always: async () => {
      throw new TypeError(`The service said ${LONG_WORD}`)
    },
  })
  const world = await openWorld({ manager: { authenticators: [authenticator] }, adapters: [failing] })
  const { manager } = world.world
  const long = await manager.addAccountExplicitly({ type: 'com.example', name: LONG_NAME }, { password: 'p' })
  await manager.addAccountExplicitly(
    { type: 'com.example', name: '\u0645\u062b\u0627\u0644@\u0634\u0631\u0643\u0629' },
    { password: 'p' },
  )
  await manager.setAccountVisibility(long, `org.example.${'other-app.'.repeat(8)}`, 'user-managed-not-visible')
  world.sync.start()
  await world.sync.requestSync({ account: long, manual: true }).done
  return world
}

async function expectWell(page: Page, screen: string): Promise<void> {
  expect({ screen, barriers: await barriers(page), cutOff: await cutOffTexts(page) }).toEqual({
    screen,
    barriers: [],
    cutOff: [],
  })
}

const WINDOWS = [
  { name: 'a small window', viewport: { width: 320, height: 480 } },
  { name: 'the dark', colorScheme: 'dark' },
] as const

describe.skipIf(chromiumPath === undefined)('with long names, failures and locks', () => {
  it.each(WINDOWS)(
    'every screen can be read and used in $name',
    async ({ name: _, ...options }) => {
      let ask: Ask = async () => undefined
      await using world = await awkwardWorld(() => ask)
      await using browser = await startBrowser({ colorScheme: 'light', reducedMotion: 'reduce', ...options })
      const page = await browser.context.newPage()
      const dialog = page.getByRole('dialog')
      const leave = async (): Promise<void> => {
        await page.keyboard.press('Escape')
        await dialog.waitFor({ state: 'detached' })
      }
      await page.goto(world.page.url.href)
      await page.getByText('Automatic sync').waitFor()
      await expectWell(page, 'list')
      for (const [kind, question] of Object.entries(QUESTIONS)) {
        ask = question
        await page.getByRole('button', { name: 'Add account' }).click()
        const type = page.getByRole('button', { name: /^A service/ })
        await type.click()
        await dialog.getByRole('button', { name: /^(Cancel|Close)$/ }).waitFor()
        await type.waitFor({ state: 'detached' })
        await expectWell(page, kind)
        await leave()
      }
      await page.getByRole('link', { name: /^aaaa/ }).click()
      await page.getByText('About this account').waitFor()
      await page.getByText('Why not now?').click()
      await expectWell(page, 'account')
      for (const name of ['Rename', 'Remove']) {
        await page.getByRole('button', { name, exact: true }).click()
        await dialog.waitFor()
        await expectWell(page, name)
        await leave()
      }
      world.world.manager.lock()
      await page.getByText('Your accounts are locked').waitFor()
      await expectWell(page, 'locked account')
      await page.getByRole('link', { name: 'All accounts' }).click()
      await page.getByRole('link', { name: /^Where your sign-ins/ }).click()
      await page.getByText('What opens it').waitFor()
      await expectWell(page, 'locked vault')
      await page.getByRole('button', { name: 'Unlock' }).click()
      await page.getByRole('button', { name: 'Lock now' }).waitFor()
      await expectWell(page, 'vault')
    },
    120_000,
  )

  it('a new passphrase is asked for twice, because nobody can restore one that was mistyped', async () => {
    const interaction = createPageInteraction()
    await using world = await openTestManager({ interaction })
    await using settings = await openSettingsPage({ accounts: world.manager, interaction })
    await using browser = await startBrowser()
    const page = await browser.context.newPage()
    await page.goto(settings.url.href)
    await page.getByText('Where your sign-ins are kept').waitFor()
    const signal = AbortSignal.timeout(60_000)
    const chosen = interaction.promptPassphrase({ attempt: 1, create: true, signal })
    await page.getByLabel('Passphrase').fill('correct horse')
    await page.getByLabel('The same once more').fill('correct house')
    await page.getByRole('button', { name: 'Set passphrase' }).click()
    await page.getByText('The two passphrases differ.').waitFor()
    await page.getByLabel('The same once more').fill('correct horse')
    await page.getByRole('button', { name: 'Set passphrase' }).click()
    expect(await chosen).toBe('correct horse')
  }, 60_000)
})
