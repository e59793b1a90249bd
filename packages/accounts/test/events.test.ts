import { setTimeout as delay } from 'node:timers/promises'
import type { AccountEvent, AccountManager, AccountManagerEvents } from '@accountry/accounts'
import { createFakeAuthenticator } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { Child } from './support/child.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'
import type { VaultRequest } from './support/vault-user.ts'

const USER = new URL('support/vault-user.ts', import.meta.url)
const NAMES = [
  'account:added',
  'account:removed',
  'account:renamed',
  'account:updated',
  'account:attention',
  'account:recovered',
  'account:default-changed',
  'token:refreshed',
  'token:invalidated',
] as const satisfies readonly (keyof AccountManagerEvents)[]

interface Heard extends AccountEvent {
  readonly event: string
}

/** Writes down everything that a manager announces about accounts. */
function listen(manager: AccountManager): Heard[] {
  const heard: Heard[] = []
  for (const event of NAMES) manager.on(event, (detail) => heard.push({ event, ...detail }))
  return heard
}

const briefly = (heard: readonly Heard[]) => heard.map(({ event, account }) => `${event} ${account.name}`)

/** Waits for something that another process does, which takes as long as it takes. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(1)
}

describe('what is announced', () => {
  it('reaches any number of listeners, without a warning on stderr', async () => {
    const manager = await openManager()
    const heard: number[] = []
    const warnings: string[] = []
    const onWarning = (warning: Error) => warnings.push(warning.name)
    process.on('warning', onWarning)
    for (let number = 0; number < 20; number++) manager.on('account:added', () => heard.push(number))
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    expect(heard).toHaveLength(20)
    expect(warnings).toEqual([])
  })

  it('comes once for each change, in the order of the changes, with rising revisions', async () => {
    const manager = await openManager()
    const heard = listen(manager)
    const ana = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const ben = await manager.addAccountExplicitly({ type: TYPE, name: 'ben' })
    const token = await manager.getAuthToken(ana, 'calendar')
    await manager.setUserData(ana, 'key', 'value')
    await manager.renameAccount(ana, 'anna')
    await manager.setDefaultAccount(TYPE, ana)
    await manager.setPassword(ben, 'p')
    await manager.setAuthToken(ben, 'calendar', { value: 'x' })
    await manager.invalidateAuthToken(TYPE, 'x')
    await manager.invalidateAuthToken(token)
    await manager.removeAccountExplicitly(ana)
    expect(briefly(heard)).toEqual([
      'account:added ana',
      'account:added ben',
      'token:refreshed ana',
      'account:renamed anna',
      'account:default-changed anna',
      'account:updated ben',
      'token:refreshed ben',
      'token:invalidated ben',
      'token:invalidated anna',
      'account:removed anna',
    ])
    const revisions = heard.map(({ revision }) => revision)
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
    expect(new Set(heard.map(({ source }) => source))).toEqual(new Set(['local']))
  })

  it('is announced before the call that changed it resolves, and reading shows the new state', async () => {
    const manager = await openManager()
    const seen: Promise<number>[] = []
    manager.on('account:added', () => seen.push(manager.getAccounts().then((accounts) => accounts.length)))
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    expect(await Promise.all(seen)).toEqual([1])
    manager.on('account:removed', () => seen.push(manager.getAccounts().then((accounts) => accounts.length)))
    const [ana] = await manager.getAccounts()
    await manager.removeAccountExplicitly(ana ?? '')
    expect(await Promise.all(seen)).toEqual([1, 0])
  })

  it('says nothing of what failed', async () => {
    const manager = await openManager()
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    const heard = listen(manager)
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }).catch(() => undefined)
    await manager
      .addAccountExplicitly({ type: TYPE, name: 'ben' }, { tokens: { a: {} as never } })
      .catch(() => undefined)
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { ifExists: 'keep' })
    await manager.setDefaultAccount(TYPE, undefined)
    await manager.invalidateAuthToken(TYPE, 'not there')
    expect(heard).toEqual([])
  })

  it('holds no secret', async () => {
    const manager = await openManager({
      authenticators: [createFakeAuthenticator({ secret: (label) => `canary-${label}` })],
    })
    const heard = listen(manager)
    const ana = await manager.addAccount(TYPE, { authTokenType: 'calendar' })
    await manager.getAuthToken(ana, 'mail')
    await manager.setUserData(ana, 'key', 'canary-value')
    await manager.setPassword(ana, 'canary-password')
    await manager.removeAccount(ana)
    expect(heard.length).toBeGreaterThan(3)
    expect(JSON.stringify(heard)).not.toContain('canary')
  })
})

describe('a listener', () => {
  it('that throws harms neither the change nor other listeners', async () => {
    const records: unknown[] = []
    const record = (event: string, fields?: object) => void records.push({ event, ...fields })
    const manager = await openManager({ logger: { debug: () => undefined, info: record, warn: record, error: record } })
    const heard: string[] = []
    manager.on('account:added', () => heard.push('before'))
    manager.on('account:added', () => {
      throw new TypeError('canary')
    })
    manager.on('account:added', () => heard.push('after'))
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    expect(heard).toEqual(['before', 'after'])
    expect(records).toEqual(
      [{ event: 'listener.failed', error: 'TypeError' }].map((r) => expect.objectContaining({ error: r.error })),
    )
    expect(JSON.stringify(records)).not.toContain('canary')
    expect(await manager.getAccounts()).toHaveLength(1)
  })

  it('whose promise rejects harms nobody either', async () => {
    const rejections: unknown[] = []
    const note = (reason: unknown) => rejections.push(reason)
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', note)
    try {
      const manager = await openManager()
      const rejecting: unknown = () => Promise.reject(new Error('canary'))
      manager.on('account:added', rejecting as () => void)
      await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
      await delay(0)
      expect(rejections).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
      for (const listener of others) process.on('unhandledRejection', listener)
    }
  })

  it('may change accounts itself: nothing hangs and the order stays', async () => {
    const manager = await openManager()
    const heard = listen(manager)
    const inner: Promise<unknown>[] = []
    manager.on('account:added', ({ account }) => {
      if (account.name === 'ana') inner.push(manager.addAccountExplicitly({ type: TYPE, name: 'ben' }))
      inner.push(manager.setUserData(account, 'seen', 'yes'))
    })
    const ana = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await Promise.all(inner)
    await Promise.all(inner)
    expect(briefly(heard)).toEqual(['account:added ana', 'account:added ben'])
    expect(await manager.getUserData(ana, 'seen')).toBe('yes')
  })

  it('may close the manager', async () => {
    const manager = await openManager()
    const closed = Promise.withResolvers<void>()
    manager.on('account:added', () => closed.resolve(manager.close()))
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await closed.promise
    await expect(manager.getAccounts()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('that was taken off hears nothing, and one that is there once hears one', async () => {
    const manager = await openManager()
    const heard: string[] = []
    const listener = () => heard.push('taken off')
    manager.on('account:added', listener).on('account:added', listener)
    manager.once('account:added', ({ account }) => heard.push(account.name))
    manager.off('account:added', listener)
    manager.off('account:added', () => undefined)
    for (const name of ['ana', 'ben']) await manager.addAccountExplicitly({ type: TYPE, name })
    expect(heard).toEqual(['ana'])
  })

  it.each([undefined, null, 'text', {}])('that is %j is a TypeError', async (listener) => {
    const manager = await openManager()
    expect(() => manager.on('account:added', listener as never)).toThrow(TypeError)
  })
})

describe('another manager of the same vault', () => {
  it('hears everything once, in order, as of another process', async () => {
    const directory = tempFolder()
    const [one, other] = [await openManager({ directory }), await openManager({ directory })]
    const [own, theirs] = [listen(one), listen(other)]
    const ana = await one.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    await one.getAuthToken(ana, 'calendar')
    await one.renameAccount(ana, 'anna')
    await other.flush()
    await other.removeAccountExplicitly(ana)
    await one.flush()
    expect(briefly(theirs)).toEqual([
      'account:added ana',
      'token:refreshed ana',
      'account:renamed anna',
      'account:removed anna',
    ])
    expect(briefly(own)).toEqual(briefly(theirs))
    expect(own.map(({ revision }) => revision)).toEqual(theirs.map(({ revision }) => revision))
    expect(own.map(({ source }) => source)).toEqual(['local', 'local', 'local', 'other-process'])
    expect(theirs.map(({ source }) => source)).toEqual(['other-process', 'other-process', 'other-process', 'local'])
  })

  it('that was asleep hears everything that it missed, in order', async () => {
    const directory = tempFolder()
    const [one, other] = [await openManager({ directory }), await openManager({ directory })]
    const heard = listen(other)
    for (let n = 0; n < 300; n++) await one.addAccountExplicitly({ type: TYPE, name: `ana-${n}` })
    await other.flush()
    expect(briefly(heard)).toEqual(Array.from({ length: 300 }, (_, n) => `account:added ana-${n}`))
  })

  it('that was away for more than 10 000 changes reads everything again', async () => {
    const directory = tempFolder()
    const clock = { now: () => 0, monotonic: () => 0, setTimer: () => () => undefined }
    const other = await openManager({ directory, clock })
    const one = await openManager({ directory })
    const ana = await one.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const child = new Child<VaultRequest, unknown>(USER)
    await child.ask({ do: 'open', directory })
    await other.flush()
    await child.ask({ do: 'overrun-feed', account: ana.id })
    await one.renameAccount(ana, 'anna')
    await one.addAccountExplicitly({ type: TYPE, name: 'ben' })
    expect((await other.getAccounts()).map(({ name }) => name)).toEqual(['anna', 'ben'])
    expect(await other.getPassword(ana)).toBe('p')
  })
})

describe('another process', () => {
  it('is heard without asking for anything', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const heard = listen(manager)
    const child = new Child<VaultRequest, unknown>(USER)
    await child.ask({ do: 'open', directory })
    await child.ask({ do: 'add', name: 'ana' })
    await until(() => heard.length > 0)
    expect(heard).toMatchObject([{ event: 'account:added', source: 'other-process', account: { name: 'ana' } }])
  })

  it('makes a token in memory give way at the next call', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const ana = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const token = await manager.getAuthToken(ana, 'calendar')
    const child = new Child<VaultRequest, unknown>(USER)
    await child.ask({ do: 'open', directory })
    await child.ask({ do: 'invalidate', value: token.value })
    // The hot path looks at the vault when its last look is 50 ms old.
    const outcome = () =>
      manager.getAuthToken(ana, 'calendar').then(
        ({ value }) => value,
        (error) => error.code,
      )
    await until(async () => (await outcome()) !== token.value)
    expect(await outcome()).toBe('token-2')
    await child.ask({ do: 'remove', account: ana.id })
    await until(async () => (await outcome()) !== 'token-2')
    expect(await outcome()).toBe('ERR_ACCOUNT_NOT_FOUND')
  })
})
