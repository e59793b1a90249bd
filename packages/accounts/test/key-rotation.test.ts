import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createFakeAuthenticator, createFakeClock, createFakeKeyProvider } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { Child } from './support/child.ts'
import { brokenConnection, failureOf, invalidGrant } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'
import type { VaultRequest } from './support/vault-user.ts'

const USER = new URL('support/vault-user.ts', import.meta.url)
const ANA = { type: TYPE, name: 'ana@example.com' }
const MINUTE = 60_000

/** Every sealed byte of a vault, to see that all of them were sealed anew. */
function sealedIn(directory: string): string[] {
  const database = new DatabaseSync(join(directory, 'vault.db'), { readOnly: true })
  try {
    return ['sealed', 'token', 'revocation', 'authenticator_record', 'key_slot'].flatMap((table) =>
      database
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => JSON.stringify(row)),
    )
  } finally {
    database.close()
  }
}

describe('rotating the key', () => {
  it('seals everything anew and loses nothing', async () => {
    const authenticator = createFakeAuthenticator({ canRevoke: true })
    authenticator.always('revoke', brokenConnection())
    const directory = tempFolder()
    const configuration = { kind: 'test', options: { clientSecret: 'canary' } }
    const manager = await openManager({ directory, authenticators: [{ ...authenticator, configuration }] })
    const ana = await manager.addAccountExplicitly(ANA, {
      password: 'p',
      userData: { a: 'b' },
      tokens: { calendar: { value: 'token' } },
    })
    const ben = await manager.addAccountExplicitly({ type: TYPE, name: 'ben' }, { password: 'q' })
    await manager.removeAccountExplicitly(ben)
    const before = sealedIn(directory)
    await manager.rotateKey()
    const after = sealedIn(directory)
    expect(after).toHaveLength(before.length)
    expect(after.filter((row) => before.includes(row))).toEqual([])
    for (const each of [manager, await openManager({ directory })]) {
      expect([await each.getPassword(ana), await each.getUserData(ana, 'a')]).toEqual(['p', 'b'])
      expect((await each.peekAuthToken(ana, 'calendar'))?.value).toBe('token')
      expect((await each.getAuthenticatorConfigurations()).get(TYPE)).toEqual(configuration)
    }
    await manager.invalidateAuthToken(TYPE, 'token')
    expect(await manager.peekAuthToken(ana, 'calendar')).toBeUndefined()
  })

  it('leaves every provider a way into the vault', async () => {
    const [one, two] = [
      createFakeKeyProvider([], { id: 'one' }),
      createFakeKeyProvider([], { id: 'two', kind: 'wrap' }),
    ]
    const directory = tempFolder()
    const manager = await openManager({ directory, keyProvider: [one, two] })
    const ana = await manager.addAccountExplicitly(ANA, { password: 'p' })
    await manager.rotateKey()
    await manager.rotateKey()
    await manager.close()
    for (const keyProvider of [one, two]) {
      expect(await (await openManager({ directory, keyProvider })).getPassword(ana)).toBe('p')
    }
  })

  it('changes nothing when a provider cannot give its key now', async () => {
    const [one, two] = [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider([], { id: 'two' })]
    const directory = tempFolder()
    const first = await openManager({ directory, keyProvider: [one, two] })
    const ana = await first.addAccountExplicitly(ANA, { password: 'p' })
    await first.close()
    two.always = 'locked'
    const manager = await openManager({ directory, keyProvider: [one, two] })
    const before = sealedIn(directory)
    expect(await failureOf(manager.rotateKey())).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(sealedIn(directory)).toEqual(before)
    expect(await manager.getPassword(ana)).toBe('p')
  })

  it('is followed by a manager that has the vault open: it reads, writes and invalidates on', async () => {
    const directory = tempFolder()
    const [one, other] = [await openManager({ directory }), await openManager({ directory })]
    const ana = await one.addAccountExplicitly(ANA, { password: 'p', tokens: { calendar: { value: 'token' } } })
    await one.rotateKey()
    await one.setAuthToken(ana, 'mail', { value: 'mail' })
    await other.invalidateAuthToken(TYPE, 'mail')
    expect(await one.peekAuthToken(ana, 'mail')).toBeUndefined()
    await one.rotateKey()
    await other.setPassword(ana, 'q')
    await one.rotateKey()
    expect([await one.getPassword(ana), await other.getPassword(ana)]).toEqual(['q', 'q'])
  })

  it('by two at once happens twice, one after the other', async () => {
    const directory = tempFolder()
    const managers = [await openManager({ directory }), await openManager({ directory })]
    const [one] = managers
    const ana = await one?.addAccountExplicitly(ANA, { password: 'p' })
    await Promise.all(managers.flatMap((manager) => [manager.rotateKey(), manager.rotateKey()]))
    for (const manager of [...managers, await openManager({ directory })]) {
      expect(await manager.getPassword(ana?.id ?? '')).toBe('p')
    }
  })

  it('keeps what is known of a lost answer', async () => {
    const authenticator = createFakeAuthenticator()
    const clock = createFakeClock()
    const manager = await openManager({ clock, authenticators: [authenticator] })
    const ana = await manager.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.next('getAuthToken', brokenConnection(), brokenConnection(), invalidGrant())
    await failureOf(manager.getAuthToken(ana, 'calendar'))
    await manager.rotateKey()
    clock.jump(10 * MINUTE)
    expect(await failureOf(manager.getAuthToken(ana, 'calendar'))).toMatchObject({ reason: 'rotation_response_lost' })
  })

  it('is all or nothing when its process is killed', async () => {
    const directory = tempFolder()
    const first = await openManager({ directory })
    for (let n = 0; n < 30; n++)
      await first.addAccountExplicitly({ type: TYPE, name: `ana-${n}` }, { password: `p-${n}` })
    await first.close()
    for (let round = 0; round < 4; round++) {
      const child = new Child<VaultRequest, unknown>(USER)
      await child.ask({ do: 'open', directory })
      const rotating = Array.from({ length: 6 }, () => child.ask({ do: 'rotate-key' }).catch(() => 'died'))
      await Promise.race(rotating)
      await child.kill()
      await Promise.all(rotating)
      const manager = await openManager({ directory })
      for (const account of await manager.getAccounts()) {
        expect(await manager.getPassword(account)).toBe(account.name.replace('ana', 'p'))
      }
      await manager.close()
    }
  })

  it('loses the way for who was away for more than ten minutes, until it is unlocked', async () => {
    const directory = tempFolder()
    const clock = createFakeClock()
    const [one, other] = [await openManager({ directory, clock }), await openManager({ directory, clock })]
    const ana = await one.addAccountExplicitly(ANA, { password: 'p' })
    await one.rotateKey()
    clock.jump(11 * MINUTE)
    await one.rotateKey()
    expect(await failureOf(other.getPassword(ana))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(await other.unlock({ interaction: 'never' })).toBe(true)
    expect(await other.getPassword(ana)).toBe('p')
  })

  it('is followed in time by a manager that only looks, so that it is not locked out later', async () => {
    const directory = tempFolder()
    const clock = createFakeClock()
    const [one, other] = [await openManager({ directory, clock }), await openManager({ directory, clock })]
    const ana = await one.addAccountExplicitly(ANA, { password: 'p' })
    await one.rotateKey()
    await clock.advance(5 * MINUTE)
    await other.getAccounts()
    clock.jump(6 * MINUTE)
    await one.rotateKey()
    expect(await other.getPassword(ana)).toBe('p')
  })

  it('is refused while a record cannot be read, and changes nothing', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const ana = await manager.addAccountExplicitly(ANA, { password: 'p', tokens: { calendar: { value: 'token' } } })
    const other = new DatabaseSync(join(directory, 'vault.db'))
    other.exec("UPDATE token SET data = x'01'")
    other.close()
    const before = sealedIn(directory)
    expect(await failureOf(manager.rotateKey())).toMatchObject({ code: 'ERR_VAULT_CORRUPT', reason: 'damaged' })
    expect(sealedIn(directory)).toEqual(before)
    expect(await manager.getPassword(ana)).toBe('p')
  })

  it('locks who finds the way to the new key damaged, until it is unlocked', async () => {
    const directory = tempFolder()
    const [one, other] = [await openManager({ directory }), await openManager({ directory })]
    const ana = await one.addAccountExplicitly(ANA, { password: 'p' })
    await one.rotateKey()
    const damager = new DatabaseSync(join(directory, 'vault.db'))
    damager.exec("UPDATE key_link SET wrapped_data_key = x'01'")
    damager.close()
    expect(await failureOf(other.getPassword(ana))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(await other.unlock()).toBe(true)
    expect(await other.getPassword(ana)).toBe('p')
  })

  it('needs the vault unlocked', async () => {
    const manager = await openManager()
    manager.lock()
    expect(await failureOf(manager.rotateKey())).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
  })
})

describe('a worn key', () => {
  it('is rotated by itself after ninety days', async () => {
    const directory = tempFolder()
    const clock = createFakeClock()
    const manager = await openManager({ directory, clock })
    const ana = await manager.addAccountExplicitly(ANA, { password: 'p' })
    await manager.close()
    const before = sealedIn(directory)
    clock.jump(89 * 24 * 60 * MINUTE)
    await (await openManager({ directory, clock })).close()
    expect(sealedIn(directory)).toEqual(before)
    clock.jump(2 * 24 * 60 * MINUTE)
    const later = await openManager({ directory, clock })
    await later.getPassword(ana)
    await later.close()
    expect(sealedIn(directory).filter((row) => before.includes(row))).toEqual([])
    expect(await (await openManager({ directory, clock })).getPassword(ana)).toBe('p')
  })
})

describe('adding and removing key providers', () => {
  it('gives one more a way in, and takes it away again with its key', async () => {
    const [one, two] = [createFakeKeyProvider([], { id: 'one' }), createFakeKeyProvider([], { id: 'two' })]
    const directory = tempFolder()
    const manager = await openManager({ directory, keyProvider: one })
    const ana = await manager.addAccountExplicitly(ANA, { password: 'p' })
    await manager.addKeyProvider(two)
    await manager.addKeyProvider(two)
    expect(await manager.getKeyProviders()).toEqual([
      { id: 'one', protection: 'os-user', isGiven: true },
      { id: 'two', protection: 'os-user', isGiven: true },
    ])
    expect(await (await openManager({ directory, keyProvider: two })).getPassword(ana)).toBe('p')
    expect(await manager.removeKeyProvider('two')).toBe(true)
    expect(await manager.removeKeyProvider('two')).toBe(false)
    expect(two.requests.map(({ method }) => method)).toContain('delete')
    const shut = await openManager({ directory, keyProvider: two })
    expect(await failureOf(shut.getPassword(ana))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(await manager.getPassword(ana)).toBe('p')
  })

  it('refuses to take the last one away', async () => {
    const manager = await openManager()
    expect(await failureOf(manager.removeKeyProvider('fixed'))).toMatchObject({ code: 'ERR_DENIED' })
    expect(await manager.getKeyProviders()).toHaveLength(1)
  })

  it('refuses one that cannot keep a key, and changes nothing', async () => {
    const manager = await openManager()
    const broken = createFakeKeyProvider(['unavailable'], { id: 'broken' })
    expect(await failureOf(manager.addKeyProvider(broken))).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(await failureOf(manager.addKeyProvider({} as never))).toMatchObject({ name: 'TypeError' })
    expect(await manager.getKeyProviders()).toHaveLength(1)
  })

  it('refuses one that is too weak', async () => {
    const manager = await openManager({ minProtection: 'os-user' })
    const weak = createFakeKeyProvider([], { id: 'weak', protection: 'none' })
    expect(await failureOf(manager.addKeyProvider(weak))).toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      reason: 'weak_protection',
    })
    expect(weak.requests).toEqual([])
  })

  it('needs the vault unlocked', async () => {
    const manager = await openManager()
    manager.lock()
    expect(await failureOf(manager.addKeyProvider(createFakeKeyProvider()))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    expect(await failureOf(manager.removeKeyProvider('fixed'))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
  })
})
