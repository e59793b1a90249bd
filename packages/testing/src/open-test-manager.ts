import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AccountManager,
  type AccountManagerOptions,
  type Clock,
  type InteractionHandler,
  type KeyProvider,
} from '@accountry/accounts'
import {
  createFakeAuthenticator,
  type FakeAuthenticator,
  type FakeAuthenticatorScript,
} from './fakes/fake-authenticator.ts'
import { createFakeClock, type FakeClock } from './fakes/fake-clock.ts'
import { createFakeInteraction, type FakeInteraction } from './fakes/fake-interaction.ts'
import { createFakeKeyProvider, type FakeStoreKeyProvider } from './fakes/fake-key-provider.ts'

/** Options of the manager; those that are absent are fakes, see {@link TestManager}. */
export interface TestManagerOptions extends Partial<Omit<AccountManagerOptions, 'interaction' | 'clock'>> {
  /** The script of the fake authenticator; a fake that was made before is used as it is. */
  readonly authenticator?: FakeAuthenticator | FakeAuthenticatorScript
  /** Default `true`: the fake person. `false`: nobody can be asked. */
  readonly interaction?: InteractionHandler | boolean
  /** Default: a fake clock that stands still. The system's clock has to be asked for: pass `systemClock`. */
  readonly clock?: Clock
}

/** A real account manager on a real vault in a folder of its own, with everything around it in a test's hands. */
export interface TestManager extends AsyncDisposable {
  /** The manager that was opened last. */
  readonly manager: AccountManager
  /** Drives the manager unless another clock was given. */
  readonly clock: FakeClock
  /** Serves `com.example` unless other authenticators were given. */
  readonly authenticator: FakeAuthenticator
  /** The person whom the manager asks unless it was told otherwise. */
  readonly interaction: FakeInteraction
  /** Keeps the key of the vault unless another provider was given. */
  readonly keyProvider: FakeStoreKeyProvider
  readonly directory: string
  /** Closes the manager and opens another one on the same vault. */
  reopen(overrides?: Partial<AccountManagerOptions>): Promise<AccountManager>
  /**
   * Opens one more manager on the same vault, as another process or, with another `app`, another app does. It has no
   * authenticator unless it is given some. Closed with the rest.
   */
  another(overrides?: Partial<AccountManagerOptions>): Promise<AccountManager>
  /** Closes every manager and removes the folder, unless it was given. */
  close(): Promise<void>
}

/** The app on whose behalf a test manager acts. */
const APP = { id: 'com.example.test' }

/**
 * Opens an account manager for a test. Close it at the end.
 *
 * @example
 * ```ts
 * await using world = await openTestManager({ authenticator: { rotates: true } })
 * const account = await world.manager.addAccount('com.example')
 * await world.clock.advance(3_600_000)
 * expect((await world.manager.getAuthToken(account, 'tasks')).value).toBe('token-1')
 * ```
 */
export async function openTestManager(options: TestManagerOptions = {}): Promise<TestManager> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'accountry-test-')))
  const world = new TestWorld(options, directory)
  try {
    await world.open()
    return world
  } catch (error) {
    await world.close()
    throw error
  }
}

class TestWorld implements TestManager {
  readonly clock: FakeClock = createFakeClock()
  readonly authenticator: FakeAuthenticator
  readonly interaction: FakeInteraction = createFakeInteraction()
  readonly keyProvider: FakeStoreKeyProvider = createFakeKeyProvider()
  readonly directory: string
  readonly #options: TestManagerOptions
  readonly #others: AccountManager[] = []
  #manager: AccountManager | undefined

  constructor(options: TestManagerOptions, directory: string) {
    const { authenticator = {} } = options
    this.authenticator = isAuthenticator(authenticator) ? authenticator : createFakeAuthenticator(authenticator)
    this.directory = directory
    this.#options = options
  }

  get manager(): AccountManager {
    if (this.#manager === undefined) throw new TypeError('the manager of this test is closed')
    return this.#manager
  }

  async open(overrides: Partial<AccountManagerOptions> = {}): Promise<AccountManager> {
    this.#manager = await AccountManager.open({ ...this.#defaults(), ...overrides })
    return this.#manager
  }

  async reopen(overrides: Partial<AccountManagerOptions> = {}): Promise<AccountManager> {
    await this.#manager?.close()
    this.#manager = undefined
    return await this.open(overrides)
  }

  async another(overrides: Partial<AccountManagerOptions> = {}): Promise<AccountManager> {
    const other = await AccountManager.open({ ...this.#defaults(), authenticators: [], ...overrides })
    this.#others.push(other)
    return other
  }

  async close(): Promise<void> {
    await Promise.all([...this.#others, this.#manager].map((manager) => manager?.close()))
    if (this.#options.directory === undefined) await rm(this.directory, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #defaults(): AccountManagerOptions {
    const { authenticator: _fake, interaction = true, ...given } = this.#options
    const keyProvider: KeyProvider = this.keyProvider
    const handler = interaction === true ? this.interaction : interaction
    return {
      app: APP,
      keyProvider,
      authenticators: [this.authenticator],
      clock: this.clock,
      ...given,
      directory: this.directory,
      ...(handler !== false && { interaction: handler }),
    }
  }
}

function isAuthenticator(value: FakeAuthenticator | FakeAuthenticatorScript): value is FakeAuthenticator {
  return 'getAuthToken' in value
}
