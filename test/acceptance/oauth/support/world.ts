import type { Account, AccountManager, AccountManagerOptions, InteractionHandler } from '@accountry/accounts'
import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import {
  type AuthorizationServer,
  createFakeClock,
  type FakeClock,
  openTestManager,
  type TestManager,
} from '@accountry/testing'
import { afterEach } from 'vitest'
import { Visit } from './browser.ts'
import { isOwnSecret, letOut, secret, vaultFolder, watch } from './canaries.ts'
import { Service } from './service.ts'

export const TYPE = 'com.example'
export const MINUTE = 60_000
export const HOUR = 3_600_000

export interface WorldOptions extends Partial<Omit<AccountManagerOptions, 'interaction' | 'clock' | 'authenticators'>> {
  /** Options of the authenticator. */
  readonly oauth?: Partial<OAuthAuthenticatorOptions>
  /** Beside or instead of the browser. */
  readonly interaction?: InteractionHandler
  /** Default: a clock that starts at the present and is driven. */
  readonly clock?: FakeClock
}

/** What a log line was about. */
export interface LogLine {
  readonly level: string
  readonly event: string
  readonly fields: unknown
}

/** An account manager with one OAuth service, a person at a browser, and a vault of its own. */
export class World {
  readonly service: Service | AuthorizationServer
  readonly clock: FakeClock
  readonly visits: Visit[] = []
  readonly log: LogLine[] = []
  readonly attention: (string | undefined)[] = []
  /** What the person does when the browser opens. */
  person: (visit: Visit) => unknown = (visit) => visit.arrive()
  #world: TestManager | undefined
  readonly #options: WorldOptions

  constructor(service: Service | AuthorizationServer, options: WorldOptions) {
    this.service = service
    this.clock = options.clock ?? createFakeClock(Date.now())
    this.#options = options
  }

  get manager(): AccountManager {
    return this.#test.manager
  }

  get directory(): string {
    return this.#test.directory
  }

  async open(): Promise<void> {
    const { oauth: _oauth, interaction, ...rest } = this.#options
    this.#world = await openTestManager({
      directory: vaultFolder(),
      ...rest,
      clock: this.clock,
      logger: this.#logger(),
      authenticators: [this.authenticator()],
      interaction: interaction ?? this.#browser(),
    })
    this.#listen()
  }

  /** The app starts anew: another manager on the same vault, which remembers nothing of the one before. */
  async restart(oauth: Partial<OAuthAuthenticatorOptions> = {}): Promise<AccountManager> {
    await this.#test.reopen({ authenticators: [this.authenticator(oauth)] })
    this.#listen()
    return this.manager
  }

  /** One more manager on the vault, with the same service: what another process has, but for the process. */
  async another(
    oauth: Partial<OAuthAuthenticatorOptions> = {},
    options: Partial<AccountManagerOptions> = {},
  ): Promise<AccountManager> {
    return await this.#test.another({ authenticators: [this.authenticator(oauth)], ...options })
  }

  authenticator(changes: Partial<OAuthAuthenticatorOptions> = {}): ReturnType<typeof createOAuthAuthenticator> {
    const { issuer, clientId } = this.service
    return createOAuthAuthenticator({
      type: TYPE,
      label: 'Example',
      issuer,
      clientId,
      tokenTypes: { notes: { scopes: ['notes'] } },
      ...this.#options.oauth,
      ...changes,
    })
  }

  /** An account whose refresh token is a canary, as it is taken over from another program. */
  async account(name = 'ana@example.com', password = secret('refresh token')): Promise<Account> {
    return await this.manager.addAccountExplicitly({ type: TYPE, name }, { password })
  }

  /** Signs in with the browser. */
  async signIn(options: Record<string, unknown> = {}): Promise<Account> {
    return await this.manager.addAccount(TYPE, { options })
  }

  /** Whether the newest refresh token that is stored is this one. */
  async stored(account: Account): Promise<string | undefined> {
    return await this.manager.getPassword(account)
  }

  async state(account: Account): Promise<string> {
    const { state, reason } = await this.manager.getAccountInfo(account)
    return reason === undefined ? state : `${state}: ${reason}`
  }

  async close(): Promise<void> {
    letOut('log', this.log)
    for (const [name, value] of this.#usedSecrets()) watch(name, value)
    await this.#world?.close()
  }

  /** What was secret between the app and the server: it must lie nowhere either. */
  *#usedSecrets(): Iterable<[string, string]> {
    const { service } = this
    const forms =
      service instanceof Service
        ? service.tokenRequests
        : service.requestsTo('token').map(({ params }) => new URLSearchParams(params))
    for (const form of forms) {
      for (const name of ['refresh_token', 'code', 'code_verifier']) {
        const value = form.get(name)
        if (value !== null && !isOwnSecret(value)) yield [`${name} ${value.length} ${value.slice(-4)}`, value]
      }
    }
    for (const { state } of this.visits) yield [`state ${state.slice(-4)}`, state]
  }

  get #test(): TestManager {
    if (this.#world === undefined) throw new TypeError('this world is not open')
    return this.#world
  }

  #browser(): InteractionHandler {
    const { service } = this
    if (!(service instanceof Service)) return service.browser()
    return {
      openBrowser: async ({ url, signal }) => {
        letOut('browser', url.origin + url.pathname)
        const visit = new Visit(url, signal, service)
        this.visits.push(visit)
        await this.person(visit)
      },
    }
  }

  #logger(): NonNullable<AccountManagerOptions['logger']> {
    const at = (level: string) => (event: string, fields?: unknown) => void this.log.push({ level, event, fields })
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  #listen(): void {
    this.manager.on('account:attention', (event) => {
      letOut('event', event)
      this.attention.push(event.reason)
    })
    this.manager.on('vault:warning', (event) => letOut('event', event))
  }
}

const opened: World[] = []

/** A world that is closed after the test. */
export async function openWorld(service: Service | AuthorizationServer, options: WorldOptions = {}): Promise<World> {
  const world = new World(service, options)
  await world.open()
  opened.push(world)
  return world
}

/** A world with a scripted service. */
export async function scriptedWorld(
  options: WorldOptions = {},
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<World & { readonly service: Service }> {
  const service = await Service.start(metadata)
  service.identity()
  return (await openWorld(service, options)) as World & { readonly service: Service }
}

afterEach(async () => {
  for (const world of opened.splice(0)) await world.close()
})
