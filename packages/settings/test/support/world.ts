import { systemClock } from '@accountry/accounts'
import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import {
  createPageInteraction,
  openSettingsPage,
  type PageInteraction,
  type SettingsPage,
  type SettingsPageOptions,
} from '@accountry/settings'
import { type SyncAdapter, SyncManager } from '@accountry/sync'
import { openTestManager, type TestManager, type TestManagerOptions } from '@accountry/testing'
import { Visitor } from './http-client.ts'

export interface WorldOptions {
  readonly manager?: TestManagerOptions
  readonly adapters?: readonly SyncAdapter[]
  readonly page?: Partial<SettingsPageOptions>
}

/** Accounts, their synchronisation and the page that shows them. */
export interface World extends AsyncDisposable {
  readonly world: TestManager
  readonly sync: SyncManager
  readonly interaction: PageInteraction
  readonly page: SettingsPage
  /** A browser that has opened the page. */
  visit(): Promise<Visitor>
}

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const interaction = createPageInteraction()
  const world = await openTestManager({ clock: systemClock, interaction, ...options.manager })
  const adapters = [...(options.adapters ?? [])]
  const sync = await SyncManager.open({ accounts: world.manager, adapters })
  const page = await openSettingsPage({ accounts: world.manager, sync, interaction, ...options.page })
  return {
    world,
    sync,
    interaction,
    page,
    visit: () => Visitor.enter(page.newUrl()),
    async [Symbol.asyncDispose]() {
      await page.close()
      await sync.close()
      await world.close()
    },
  }
}

/** Signs in at the authorization server of the tests. */
export function exampleAuthenticator(
  server: { issuer: string; clientId: string },
  overrides: Partial<OAuthAuthenticatorOptions> = {},
): ReturnType<typeof createOAuthAuthenticator> {
  return createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: server.clientId,
    redirectUri: 'http://127.0.0.1/callback',
    tokenTypes: { tasks: { scopes: ['tasks.read'], label: 'Your tasks' } },
    ...overrides,
  } as OAuthAuthenticatorOptions)
}
