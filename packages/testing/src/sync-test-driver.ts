import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Account, AccountManager, type Authenticator } from '@accountry/accounts'
import { SyncManager, type SyncManagerOptions, type SyncTarget } from '@accountry/sync'
import { createFakeClock, type FakeClock } from './fakes/fake-clock.ts'
import { createFakeKeyProvider } from './fakes/fake-key-provider.ts'
import { createFakeSyncEnvironment, type FakeSyncEnvironment } from './fakes/fake-sync-environment.ts'

export interface SyncTestDriverOptions
  extends Partial<Omit<SyncManagerOptions, 'accounts' | 'clock' | 'environment' | 'directory'>> {
  /** Default: authenticators for the types of the adapters, which issue a token for everything. */
  readonly authenticators?: readonly Authenticator[]
  /** Default: a folder that {@link SyncTestDriver.close} removes. */
  readonly directory?: string
  /** Default `true`. */
  readonly start?: boolean
}

/**
 * A real engine on a real vault, whose world a test moves: time, network, power, room, restarts. The engine itself is
 * not touched, so what a test sees is what an app would see.
 *
 * @example
 * ```ts
 * const driver = await SyncTestDriver.open({ adapters: [adapter] })
 * const ana = await driver.addAccount('ana')
 * await driver.sync.requestSync({ account: ana, authority: 'tasks', manual: true }).done
 * await driver.close()
 * ```
 */
export class SyncTestDriver implements AsyncDisposable {
  readonly clock: FakeClock = createFakeClock()
  readonly environment: FakeSyncEnvironment = createFakeSyncEnvironment()
  readonly directory: string
  accounts!: AccountManager
  sync!: SyncManager
  readonly #options: SyncTestDriverOptions
  readonly #keyProvider = createFakeKeyProvider()

  private constructor(options: SyncTestDriverOptions) {
    this.#options = options
    this.directory = options.directory ?? mkdtempSync(join(quickFolder(), 'sync-test-'))
  }

  static async open(options: SyncTestDriverOptions = {}): Promise<SyncTestDriver> {
    const driver = new SyncTestDriver(options)
    await driver.#open(options)
    return driver
  }

  /** Adds an account of the first adapter's type, or of the given one. */
  async addAccount(name: string, type?: string): Promise<Account> {
    const accountType = type ?? this.#options.adapters?.[0]?.accountType ?? 'com.example'
    const account = await this.accounts.addAccountExplicitly(
      { type: accountType, name },
      { password: `secret-${name}` },
    )
    await this.settle()
    return account
  }

  /** Lets time pass and the engine do what is due at each instant. */
  async advance(ms: number): Promise<void> {
    await this.settle()
    await this.clock.advance(ms)
    await this.settle()
  }

  /** Gives the engine the turns that it needs to do what it can do now. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 12; turn++) {
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
  }

  /** Unmetered network, power, room on the disk. */
  async setAllConstraintsMet(): Promise<void> {
    this.environment.set({ network: 'unmetered', charging: true, storageLow: false })
    await this.settle()
  }

  /** Lets pass what the target still has to wait. */
  async setDelayMet(target: SyncTarget): Promise<void> {
    const { nextRunAt } = await this.sync.explain(target)
    if (nextRunAt !== undefined) await this.advance(Math.max(0, nextRunAt - this.clock.now()))
  }

  /** Lets pass what is left until the next periodic sync of the target. */
  async setPeriodDelayMet(target: SyncTarget): Promise<void> {
    const periodics = await this.sync.getPeriodicSyncs(target)
    const next = Math.min(...periodics.map(({ nextRunAt }) => nextRunAt ?? Number.POSITIVE_INFINITY))
    if (Number.isFinite(next)) await this.advance(Math.max(0, next - this.clock.now()))
  }

  /** Closes the engine and opens another one on the same folder. */
  async restart(changes: SyncTestDriverOptions = {}): Promise<void> {
    await this.sync.close()
    await this.accounts.close()
    await this.#open({ ...this.#options, ...changes })
  }

  async close(): Promise<void> {
    await this.sync.close()
    await this.accounts.close()
    if (this.#options.directory === undefined) rmSync(this.directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #open(options: SyncTestDriverOptions): Promise<void> {
    const { authenticators, directory: _directory, start = true, ...syncOptions } = options
    const { clock, environment, directory } = this
    this.accounts = await AccountManager.open({
      app: { id: 'com.example.test' },
      directory,
      keyProvider: this.#keyProvider,
      authenticators: authenticators ?? authenticatorsFor(options.adapters ?? []),
      clock,
    })
    const { accounts } = this
    this.sync = await SyncManager.open({ random: () => 0, ...syncOptions, accounts, clock, environment })
    if (start) this.sync.start()
    await this.settle()
  }
}

/** In memory where the system has such a folder: a test loses nothing with the power, and commits often. */
function quickFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return process.platform === 'linux' ? '/dev/shm' : tmpdir()
  } catch {
    return tmpdir()
  }
}

function authenticatorsFor(adapters: readonly { accountType: string }[]): Authenticator[] {
  const types = adapters.length > 0 ? adapters.map(({ accountType }) => accountType) : ['com.example']
  return [...new Set(types)].map((type) => ({
    description: { type, label: type },
    addAccount: async ({ name }) => ({ name: name ?? 'ana' }),
    getAuthToken: async ({ account }) => ({ value: `token-of-${account.id}` }),
  }))
}
