import {
  AccountError,
  AccountManager,
  type Authenticator,
  type CredentialContext,
  isAccountError,
} from '@accountry/accounts'
import { createFakeClock, type FakeClock } from '@accountry/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { offline } from './support/failures.ts'
import { fixedKey } from './support/keys.ts'
import { TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const HOUR = 3_600_000
const RUNS = process.env['CI'] || process.env['ACCOUNTRY_FULL'] ? 400 : 40

/** What the managers may reject with in such a storm; anything else is a fault. */
const EXPECTED = new Set(['ERR_ABORTED', 'ERR_CLOSED', 'ERR_VAULT_LOCKED', 'ERR_NETWORK'])

type Action =
  | { readonly do: 'get'; readonly by: number; readonly type: string; readonly force: boolean; readonly abort: boolean }
  | { readonly do: 'invalidate'; readonly by: number; readonly type: string }
  | { readonly do: 'set-password' | 'lock' | 'rotate-key' | 'restart'; readonly by: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'go-offline' }

/** A service that rotates strictly: a refresh token that comes twice would end everything. */
class StrictService {
  readonly usedTwice: string[] = []
  readonly #used = new Set<string>()
  readonly #newest = new Map<string, string>()
  #families = 0
  #offline = 0

  /** A person signs in: a refresh token of a family of its own, `family.number`. */
  newFamily(): string {
    const first = `${this.#families++}.0`
    this.#newest.set(first.split('.')[0] ?? '', first)
    return first
  }

  goOffline(): void {
    this.#offline += 1
  }

  isNewest(password: string): boolean {
    return this.#newest.get(password.split('.')[0] ?? '') === password
  }

  async redeem(context: CredentialContext, turns: number): Promise<{ value: string; expiresAt: number }> {
    if (this.#offline > 0) {
      this.#offline -= 1
      throw offline()
    }
    const { password = '' } = context.credential
    if (this.#used.has(password)) this.usedTwice.push(password)
    this.#used.add(password)
    const [family = '', number] = password.split('.')
    const next = `${family}.${Number(number) + 1}`
    this.#newest.set(family, next)
    await pause(turns)
    await context.replaceCredential({ password: next })
    await pause(turns)
    return { value: `access ${next}`, expiresAt: context.clock.now() + HOUR }
  }
}

async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

class Storm {
  readonly #clock: FakeClock = createFakeClock()
  readonly #directory = tempFolder()
  readonly #service = new StrictService()
  readonly #managers: AccountManager[] = []
  readonly #faults: unknown[] = []
  #account = ''
  #turns = 0

  async begin(managers: number): Promise<void> {
    for (let n = 0; n < managers; n++) this.#managers.push(await this.#open())
    const password = this.#service.newFamily()
    this.#account = (await this.#managers[0]?.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password }))?.id ?? ''
  }

  async perform(actions: readonly Action[]): Promise<void> {
    const running: Promise<unknown>[] = []
    for (const action of actions) {
      running.push(this.#start(action))
      await pause(this.#turns++ % 3)
    }
    await Promise.all(running)
    // A caller who gave up leaves its renewal to go on; closing waits for it.
    for (const index of this.#managers.keys()) await this.#restart(index)
  }

  /** No refresh token was used twice, what is stored is the newest of its family, and the grant lives. */
  async expectAlive(): Promise<void> {
    expect([this.#faults, this.#service.usedTwice]).toEqual([[], []])
    this.#clock.jump(HOUR)
    for (const manager of this.#managers) {
      await manager.unlock()
      await manager.flush()
      const password = (await manager.getPassword(this.#account)) ?? ''
      expect([password, this.#service.isNewest(password)]).toEqual([password, true])
      expect((await manager.getAccountInfo(this.#account)).state).toMatch(/^(ok|degraded)$/)
    }
    const token = await this.#getWhenPossible()
    expect(token).toMatch(/^access /)
    expect(this.#service.usedTwice).toEqual([])
  }

  async end(): Promise<void> {
    for (const manager of this.#managers) await manager.close()
  }

  async #getWhenPossible(): Promise<string | undefined> {
    for (let attempt = 0; attempt < 10; attempt++) {
      this.#clock.jump(HOUR)
      try {
        return (await this.#managers[0]?.getAuthToken(this.#account, 'final'))?.value
      } catch (error) {
        if (!isAccountError(error) || error.code !== 'ERR_NETWORK') throw error
      }
    }
    return undefined
  }

  #start(action: Action): Promise<unknown> {
    return this.#perform(action).catch((error: unknown) => {
      if (!isAccountError(error) || !EXPECTED.has(error.code)) this.#faults.push([action, error])
    })
  }

  async #perform(action: Action): Promise<unknown> {
    if (action.do === 'pass') return await this.#pass(action.ms)
    if (action.do === 'go-offline') return this.#service.goOffline()
    const index = action.by % this.#managers.length
    const manager = this.#managers[index]
    if (manager === undefined) throw new AccountError('ERR_CLOSED', 'it is being opened')
    switch (action.do) {
      case 'get': {
        const controller = new AbortController()
        const signal = action.abort ? { signal: controller.signal } : {}
        const asked = manager.getAuthToken(this.#account, action.type, { forceRefresh: action.force, ...signal })
        if (action.abort) void pause(2).then(() => controller.abort())
        return await asked
      }
      case 'invalidate': {
        const token = await manager.peekAuthToken(this.#account, action.type)
        return token === undefined ? undefined : await manager.invalidateAuthToken(token)
      }
      case 'set-password':
        return await manager.setPassword(this.#account, this.#service.newFamily())
      case 'lock':
        manager.lock()
        await pause(2)
        return await manager.unlock()
      case 'rotate-key':
        return await manager.rotateKey()
      case 'restart':
        return await this.#restart(index)
    }
  }

  /** Time goes by, in which every manager looks at the vault from time to time. */
  async #pass(ms: number): Promise<void> {
    await Promise.allSettled(this.#managers.map((manager) => manager.flush()))
    this.#clock.jump(ms)
    await Promise.allSettled(this.#managers.map((manager) => manager.flush()))
  }

  async #restart(index: number): Promise<void> {
    await this.#managers[index]?.close()
    this.#managers[index] = await this.#open()
  }

  async #open(): Promise<AccountManager> {
    const authenticator: Authenticator = {
      description: { type: TYPE, label: 'Example' },
      addAccount: () => Promise.reject(new Error('nobody signs in here')),
      getAuthToken: async (_request, context) => await this.#service.redeem(context, this.#turns % 3),
    }
    return await AccountManager.open({
      app: { id: 'com.example.app' },
      keyProvider: fixedKey(),
      directory: this.#directory,
      clock: this.#clock,
      authenticators: [authenticator],
    })
  }
}

const by = fc.nat(2)
const type = fc.constantFrom('calendar', 'mail')
const get = fc.record({ do: fc.constant('get' as const), by, type, force: fc.boolean(), abort: fc.boolean() })
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: get },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('invalidate' as const), by, type }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('set-password', 'lock', 'rotate-key', 'restart'), by }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1_000, HOUR) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'go-offline' as const }) },
)

describe('a service that ends the grant when a refresh token comes twice', () => {
  it('never sees one twice, whatever three managers do at the same time', { timeout: 300_000 }, async () => {
    const storms = fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40, size: 'max' }), async (actions) => {
      const storm = new Storm()
      try {
        await storm.begin(3)
        await storm.perform(actions)
        await storm.expectAlive()
      } finally {
        await storm.end()
      }
    })
    await fc.assert(storms, { numRuns: RUNS })
  })
})
