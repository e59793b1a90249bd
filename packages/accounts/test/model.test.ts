import { AccountManager, type AccountManagerEvents } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock, type FakeAuthenticator, type FakeClock } from '@accountry/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { fixedKey } from './support/keys.ts'
import { TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const HOUR = 3_600_000
const RUNS = process.env['CI'] || process.env['ACCOUNTRY_FULL'] ? 500 : 60
const NAMES = ['ana', 'ben', 'cem', 'dora']
const TOKEN_TYPES = ['calendar', 'mail']
const USER_DATA_KEYS = ['one', '__proto__']

/** An account as it should be. */
interface ModelAccount {
  readonly id: string
  name: string
  previousName: string | undefined
  password: string | undefined
  readonly userData: Map<string, string>
  readonly tokens: Map<string, { value: string; expiresAt: number }>
}

/** What there should be: plain data, with none of the machinery. */
interface Model {
  readonly accounts: ModelAccount[]
  defaultId: string | undefined
  issued: number
  now: number
  /** What a manager that was there from the start should have heard, each manager for itself. */
  readonly events: string[]
}

/** The vault as two managers see it. */
interface Real {
  readonly clock: FakeClock
  readonly authenticator: FakeAuthenticator
  readonly directory: string
  readonly managers: AccountManager[]
  readonly heard: string[][]
}

type Command = fc.AsyncCommand<Model, Real>

const LISTENED = [
  'account:added',
  'account:removed',
  'account:renamed',
  'account:updated',
  'account:default-changed',
  'token:refreshed',
  'token:invalidated',
] as const satisfies readonly (keyof AccountManagerEvents)[]

async function openInto(real: Real, index: number): Promise<void> {
  const manager = await AccountManager.open({
    app: { id: 'com.example.app' },
    keyProvider: fixedKey(),
    directory: real.directory,
    clock: real.clock,
    authenticators: [real.authenticator],
  })
  real.managers[index] = manager
  for (const event of LISTENED) {
    manager.on(event, ({ account }) => real.heard[index]?.push(`${event} ${account.name}`))
  }
}

/** The manager through which a command goes; the others hear of it. */
function managerOf(real: Real, index: number): AccountManager {
  const manager = real.managers[index]
  if (manager === undefined) throw new Error('no such manager')
  return manager
}

/** Names a command when a run that failed is printed. */
function command(
  text: string,
  check: (model: Model) => boolean,
  run: (model: Model, real: Real) => Promise<void>,
): Command {
  return { check: (model) => check(model), run, toString: () => text }
}

const nth = (model: Model, index: number): ModelAccount => {
  const account = model.accounts[index % model.accounts.length]
  if (account === undefined) throw new Error('no account')
  return account
}

const hasAccounts = (model: Model) => model.accounts.length > 0

/** What the service would answer for the next token. */
function issue(model: Model, account: ModelAccount, type: string): string {
  model.issued += 1
  const value = `token-${model.issued}`
  // A new key makes room: what has ended is not kept with the account.
  if (!account.tokens.has(type)) {
    for (const [other, { expiresAt }] of account.tokens) if (expiresAt <= model.now) account.tokens.delete(other)
  }
  account.tokens.set(type, { value, expiresAt: model.now + HOUR })
  model.events.push(`token:refreshed ${account.name}`)
  return value
}

const add = (by: number, name: string, password: string | undefined): Command =>
  command(
    `add(${by}, ${name})`,
    () => true,
    async (model, real) => {
      const adding = managerOf(real, by).addAccountExplicitly(
        { type: TYPE, name },
        password === undefined ? {} : { password },
      )
      if (model.accounts.some((account) => account.name === name)) {
        expect(await failureOf(adding)).toMatchObject({ code: 'ERR_ACCOUNT_EXISTS' })
        return
      }
      const { id } = await adding
      expect(model.accounts.map((account) => account.id)).not.toContain(id)
      model.accounts.push({ id, name, previousName: undefined, password, userData: new Map(), tokens: new Map() })
      model.events.push(`account:added ${name}`)
    },
  )

const rename = (by: number, which: number, name: string): Command =>
  command(`rename(${by}, ${which}, ${name})`, hasAccounts, async (model, real) => {
    const account = nth(model, which)
    const renaming = managerOf(real, by).renameAccount(account.id, name)
    if (model.accounts.some((other) => other !== account && other.name === name)) {
      expect(await failureOf(renaming)).toMatchObject({ code: 'ERR_ACCOUNT_EXISTS' })
      return
    }
    expect((await renaming).id).toBe(account.id)
    if (account.name === name) return
    account.previousName = account.name
    account.name = name
    model.events.push(`account:renamed ${name}`)
  })

const remove = (by: number, which: number): Command =>
  command(`remove(${by}, ${which})`, hasAccounts, async (model, real) => {
    const account = nth(model, which)
    expect(await managerOf(real, by).removeAccountExplicitly(account.id)).toBe(true)
    expect(await managerOf(real, by).removeAccountExplicitly(account.id)).toBe(false)
    model.accounts.splice(model.accounts.indexOf(account), 1)
    if (model.defaultId === account.id) model.defaultId = undefined
    model.events.push(`account:removed ${account.name}`)
  })

const setPassword = (by: number, which: number, password: string | undefined): Command =>
  command(`setPassword(${by}, ${which})`, hasAccounts, async (model, real) => {
    const account = nth(model, which)
    const manager = managerOf(real, by)
    await (password === undefined ? manager.clearPassword(account.id) : manager.setPassword(account.id, password))
    account.password = password
    account.tokens.clear()
    model.events.push(`account:updated ${account.name}`)
  })

const setUserData = (by: number, which: number, key: string, value: string | undefined): Command =>
  command(`setUserData(${by}, ${which}, ${key})`, hasAccounts, async (model, real) => {
    const account = nth(model, which)
    await managerOf(real, by).setUserData(account.id, key, value)
    if (value === undefined) account.userData.delete(key)
    else account.userData.set(key, value)
  })

const setDefault = (by: number, which: number): Command =>
  command(`setDefault(${by}, ${which})`, hasAccounts, async (model, real) => {
    const account = nth(model, which)
    await managerOf(real, by).setDefaultAccount(TYPE, account.id)
    if (model.defaultId !== account.id) model.events.push(`account:default-changed ${account.name}`)
    model.defaultId = account.id
  })

const getToken = (by: number, which: number, type: string, forceRefresh: boolean): Command =>
  command(`getToken(${by}, ${which}, ${type}, ${forceRefresh})`, hasAccounts, async (model, real) => {
    const account = nth(model, which)
    const known = account.tokens.get(type)
    const isFresh = known !== undefined && known.expiresAt - model.now >= 60_000
    const expected = isFresh && !forceRefresh ? known.value : issue(model, account, type)
    // The hot path may be 50 ms behind another process.
    await managerOf(real, by).flush()
    const token = await managerOf(real, by).getAuthToken(account.id, type, { forceRefresh })
    expect([token.value, token.account.name]).toEqual([expected, account.name])
  })

const invalidate = (by: number, which: number, type: string): Command =>
  command(`invalidate(${by}, ${which}, ${type})`, hasAccounts, async (model, real) => {
    const account = nth(model, which)
    const known = account.tokens.get(type)
    await managerOf(real, by).invalidateAuthToken(TYPE, known?.value ?? 'unknown')
    if (known === undefined) return
    account.tokens.delete(type)
    model.events.push(`token:invalidated ${account.name}`)
  })

const pass = (ms: number): Command =>
  command(
    `pass(${ms})`,
    () => true,
    async (model, real) => {
      real.clock.jump(ms)
      model.now += ms
    },
  )

const restart = (which: number): Command =>
  command(
    `restart(${which})`,
    () => true,
    async (_model, real) => {
      // What it has not heard of yet when it is closed, it never hears of.
      await managerOf(real, which).flush()
      await managerOf(real, which).close()
      await openInto(real, which)
    },
  )

const rotateKey = (by: number): Command =>
  command(`rotateKey(${by})`, hasAccounts, async (model, real) => {
    await managerOf(real, by).rotateKey()
    // A process that reads nothing for ten minutes has to be unlocked again; these read something.
    for (const manager of real.managers) await manager.getPassword(nth(model, 0).id)
  })

const lockAndUnlock = (which: number): Command =>
  command(
    `lockAndUnlock(${which})`,
    () => true,
    async (model, real) => {
      const manager = managerOf(real, which)
      manager.lock()
      for (const { id } of model.accounts) {
        expect(await failureOf(manager.getPassword(id))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
      }
      expect(await manager.unlock()).toBe(true)
    },
  )

/** Compares everything that can be seen, through every manager. */
const look: Command = command(
  'look()',
  () => true,
  async (model, real) => {
    for (const manager of real.managers) {
      const listed = await manager.getAccounts()
      expect(listed.map(({ id, name }) => `${id} ${name}`).sort()).toEqual(
        model.accounts.map(({ id, name }) => `${id} ${name}`).sort(),
      )
      expect((await manager.getDefaultAccount(TYPE))?.id).toBe(model.defaultId)
      for (const account of model.accounts) {
        expect(await manager.getPassword(account.id)).toBe(account.password)
        expect(await manager.getPreviousName(account.id)).toBe(account.previousName)
        expect(await manager.findAccount(TYPE, account.name)).toMatchObject({ id: account.id })
        for (const key of USER_DATA_KEYS)
          expect(await manager.getUserData(account.id, key)).toBe(account.userData.get(key))
        for (const type of TOKEN_TYPES) {
          const known = account.tokens.get(type)
          const isValid = known !== undefined && model.now < known.expiresAt
          expect((await manager.peekAuthToken(account.id, type))?.value).toBe(isValid ? known.value : undefined)
        }
      }
    }
  },
)

const by = fc.nat(1)
const which = fc.nat(5)
const name = fc.constantFrom(...NAMES)
const type = fc.constantFrom(...TOKEN_TYPES)
const password = fc.option(fc.constantFrom('p', 'q'), { nil: undefined })

const commands = fc.commands(
  [
    fc.tuple(by, name, password).map((args) => add(...args)),
    fc.tuple(by, name, password).map((args) => add(...args)),
    fc.tuple(by, which, name).map((args) => rename(...args)),
    fc.tuple(by, which).map((args) => remove(...args)),
    fc.tuple(by, which, password).map((args) => setPassword(...args)),
    fc.tuple(by, which, fc.constantFrom(...USER_DATA_KEYS), password).map((args) => setUserData(...args)),
    fc.tuple(by, which).map((args) => setDefault(...args)),
    fc.tuple(by, which, type, fc.boolean()).map((args) => getToken(...args)),
    fc.tuple(by, which, type, fc.constant(false)).map((args) => getToken(...args)),
    fc.tuple(by, which, type).map((args) => invalidate(...args)),
    fc.constantFrom(1_000, 30 * 60_000, HOUR - 60_000, HOUR).map(pass),
    by.map(restart),
    by.map(rotateKey),
    by.map(lockAndUnlock),
    fc.constant(look),
  ],
  { maxCommands: 40, size: 'max' },
)

describe('a vault that two managers use', () => {
  it('is what a simple model says, whatever is done to it, and both hear of everything once and in order', {
    timeout: 120_000,
  }, async () => {
    const runs = fc.asyncProperty(commands, async (steps) => {
      const clock = createFakeClock()
      const real: Real = {
        clock,
        authenticator: createFakeAuthenticator(),
        directory: tempFolder(),
        managers: [],
        heard: [[], []],
      }
      const model: Model = { accounts: [], defaultId: undefined, issued: 0, now: clock.now(), events: [] }
      try {
        await openInto(real, 0)
        await openInto(real, 1)
        await fc.asyncModelRun(() => ({ model, real }), [...steps, look])
        for (const manager of real.managers) await manager.flush()
        for (const heard of real.heard) expect(heard).toEqual(model.events)
      } finally {
        for (const manager of real.managers) await manager.close()
      }
    })
    await fc.assert(runs, { numRuns: RUNS })
  })
})
