import { randomBytes } from 'node:crypto'
import type { AccountManager } from '@accountry/accounts'
import { createFakeAuthenticator } from '@accountry/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decryptedExport, encryptedExport, MAX_EXPORT_BYTES } from '../src/sealed-export.ts'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'

const ANA = { type: TYPE, name: 'ana@example.com' }
const key = new Uint8Array(32).fill(3)

async function exported(manager: AccountManager): Promise<string> {
  return await manager.export({ key })
}

describe('an export', () => {
  it('brings accounts with password, user data, fields, identity and claims into another vault', async () => {
    const authenticator = createFakeAuthenticator()
    authenticator.next('addAccount', {
      name: ANA.name,
      password: 'p',
      userData: { a: 'b' },
      fields: { dpop: 'key' },
      issuer: 'https://id.example.com',
      subject: 'sub',
      clientId: 'client',
      claims: { email: ANA.name },
      tokens: { calendar: { value: 'token' } },
    })
    const from = await openManager({ authenticators: [authenticator] })
    await from.addAccount(TYPE)
    const receiver = createFakeAuthenticator()
    const to = await openManager({ authenticators: [receiver] })
    const { added, updated, kept } = await to.import(await exported(from), { key })
    expect([added.map(({ name }) => name), updated, kept]).toEqual([[ANA.name], [], []])
    const account = added[0] ?? ''
    expect([await to.getPassword(account), await to.getUserData(account, 'a')]).toEqual(['p', 'b'])
    expect(await to.getAccountInfo(account)).toMatchObject({
      issuer: 'https://id.example.com',
      claims: { email: ANA.name },
    })
    expect(await to.peekAuthToken(account, 'calendar')).toBeUndefined()
    await to.getAuthToken(account, 'calendar')
    expect(receiver.callsOf('getAuthToken')[0]?.context.credential).toMatchObject({
      password: 'p',
      fields: { dpop: 'key' },
      subject: 'sub',
      clientId: 'client',
    })
  })

  it('is a JWE whose content cannot be read without its key', async () => {
    const manager = await openManager()
    await manager.addAccountExplicitly(ANA, { password: 'canary', userData: { canary: 'canary' } })
    const text = await exported(manager)
    const [header = '', encryptedKey, ...rest] = text.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'dir', enc: 'A256GCM' })
    expect([encryptedKey, rest.length]).toEqual(['', 3])
    for (const part of text.split('.'))
      expect(Buffer.from(part, 'base64url').toString('latin1')).not.toContain('canary')
  })

  it('holds only what was asked for', async () => {
    const manager = await openManager()
    const ana = await manager.addAccountExplicitly(ANA)
    await manager.addAccountExplicitly({ type: TYPE, name: 'ben' })
    const to = await openManager()
    const { added } = await to.import(await manager.export({ key, accounts: [ana] }), { key })
    expect(added.map(({ name }) => name)).toEqual([ANA.name])
  })

  it.each([
    ['no key', undefined],
    ['a short key', new Uint8Array(16)],
    ['a text', 'x'.repeat(32)],
  ])('with %s is a TypeError', async (_what, wrong) => {
    const manager = await openManager()
    expect(await failureOf(manager.export({ key: wrong as never }))).toMatchObject({ name: 'TypeError' })
    expect(await failureOf(manager.import('x', { key: wrong as never }))).toMatchObject({ name: 'TypeError' })
  })
})

describe('an import over what is there', () => {
  it('keeps it, unless it is told to update and the export is newer', async () => {
    const from = await openManager()
    const ana = await from.addAccountExplicitly(ANA, { password: 'old' })
    const old = await exported(from)
    await from.setPassword(ana, 'new')
    const fresh = await exported(from)

    const to = await openManager()
    const [account] = (await to.import(old, { key })).added
    const kept = await to.import(fresh, { key })
    expect([kept.kept.map(({ id }) => id), await to.getPassword(account ?? '')]).toEqual([[account?.id], 'old'])
    const updated = await to.import(fresh, { key, ifExists: 'update' })
    expect([updated.updated.map(({ id }) => id), await to.getPassword(account ?? '')]).toEqual([[account?.id], 'new'])
    // A refresh token of an earlier generation was rotated away: putting it back would end the grant.
    const again = await to.import(old, { key, ifExists: 'update' })
    expect([again.kept.length, await to.getPassword(account ?? '')]).toEqual([1, 'new'])
  })

  it('needs the right over each type, and is all or nothing', async () => {
    const from = await openManager({
      authenticators: [createFakeAuthenticator(), createFakeAuthenticator({ type: 'com.other' })],
    })
    await from.addAccountExplicitly(ANA)
    await from.addAccountExplicitly({ type: 'com.other', name: 'ben' })
    const to = await openManager()
    expect(await failureOf(to.import(await exported(from), { key }))).toMatchObject({ code: 'ERR_DENIED' })
    expect(await to.getAccounts()).toEqual([])
  })
})

describe('an import that is refused', () => {
  const invalid = { code: 'ERR_IMPORT_INVALID' }

  it('with another key', async () => {
    const manager = await openManager()
    await manager.addAccountExplicitly(ANA)
    const text = await exported(manager)
    expect(await failureOf((await openManager()).import(text, { key: new Uint8Array(32) }))).toMatchObject(invalid)
  })

  it('when any character of it was changed, or when it was cut (H-50)', () => {
    const text = encryptedExport({ format: 1, accounts: [] }, key)
    expect(decryptedExport(text, key)).toEqual({ format: 1, accounts: [] })
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('A', 'Z', '.', '-', '_', ''), (at, replacement) => {
        fc.pre(text[at] !== replacement)
        const changed = text.slice(0, at) + replacement + text.slice(at + 1)
        // The last letter of a part may have bits that mean nothing; what is read is then the same.
        const isSame = changed
          .split('.')
          .every((part, n) => Buffer.from(part, 'base64url').equals(Buffer.from(text.split('.')[n] ?? '', 'base64url')))
        if (isSame && changed.split('.')[0] === text.split('.')[0]) return
        expect(() => decryptedExport(changed, key)).toThrow(expect.objectContaining(invalid))
      }),
    )
  })

  it('when it asks for work: other algorithms, also PBES2 with a huge count (H-18)', () => {
    const parts = encryptedExport({ format: 1, accounts: [] }, key).split('.').slice(1).join('.')
    const headers = [
      { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 1e9, p2s: 'x' },
      { alg: 'A256GCMKW', enc: 'A256GCM' },
      { alg: 'dir', enc: 'A128CBC-HS256' },
      { alg: 'dir', enc: 'A256GCM', zip: 'DEF' },
      { alg: 'dir', enc: 'A256GCM', crit: ['exp'], exp: 1 },
      { alg: 'none' },
      [],
      null,
    ].map((header) => Buffer.from(JSON.stringify(header)).toString('base64url'))
    for (const text of [...headers.map((header) => `${header}.${parts}`), 'x', '....', 'a.b.c.d.e.f']) {
      expect(() => decryptedExport(text, key)).toThrow(expect.objectContaining(invalid))
    }
  })

  it('when it was made by another program with the right key: what is in it is checked all the same', async () => {
    const manager = await openManager()
    const payloads: unknown[] = [
      null,
      [],
      'text',
      {},
      { format: 2, accounts: [] },
      { format: 1 },
      { format: 1, accounts: {} },
      { format: 1, accounts: [null] },
      { format: 1, accounts: [{}] },
      { format: 1, accounts: [{ type: TYPE }] },
      { format: 1, accounts: [{ type: TYPE, name: 'a\0' }] },
      { format: 1, accounts: [{ type: TYPE, name: 'ana', password: 7 }] },
      { format: 1, accounts: [{ type: TYPE, name: 'ana', userData: { a: {} } }] },
      { format: 1, accounts: [{ ...ANA }, { type: TYPE, name: 'ben', password: null }] },
    ]
    for (const payload of payloads) {
      expect(await failureOf(manager.import(encryptedExport(payload, key), { key }))).toMatchObject(invalid)
    }
    expect(await manager.getAccounts()).toEqual([])
  })

  it('when it is larger than what is ever written', () => {
    expect(() => decryptedExport('x'.repeat(MAX_EXPORT_BYTES + 1), key)).toThrow(expect.objectContaining(invalid))
  })

  it('does not reach the prototype of anything', async () => {
    const manager = await openManager()
    const payload = JSON.parse(
      `{"format":1,"accounts":[{"type":"${TYPE}","name":"ana","__proto__":{"password":"canary"}}]}`,
    )
    const { added } = await manager.import(encryptedExport(payload, key), { key })
    expect(await manager.getPassword(added[0] ?? '')).toBeUndefined()
  })
})

describe('the plan of an import', () => {
  it('says what the import then does, and changes nothing', async () => {
    const from = await openManager()
    const to = await openManager()
    await from.addAccountExplicitly(ANA, { password: 'first' })
    await from.setPassword((await from.getAccounts())[0] ?? '', 'second')
    await from.addAccountExplicitly({ type: TYPE, name: 'ben' })
    const here = await to.addAccountExplicitly(ANA, { password: 'here' })
    const text = await exported(from)
    expect(await to.planImport(text, { key })).toEqual({ add: [{ type: TYPE, name: 'ben' }], update: [], keep: [here] })
    const plan = await to.planImport(text, { key, ifExists: 'update' })
    expect(plan).toEqual({ add: [{ type: TYPE, name: 'ben' }], update: [here], keep: [] })
    expect([await to.getAccounts(), await to.getPassword(here)]).toEqual([[here], 'here'])
    const done = await to.import(text, { key, ifExists: 'update' })
    expect([done.added.length, done.updated, done.kept]).toEqual([1, [here], []])
  })

  it('is refused for what cannot be imported', async () => {
    const manager = await openManager()
    expect(await failureOf(manager.planImport('x', { key }))).toMatchObject({ code: 'ERR_IMPORT_INVALID' })
    await expect(manager.planImport('x', { key: new Uint8Array(3) })).rejects.toThrow(TypeError)
  })
})

describe('two exports', () => {
  it('of the same accounts are never the same text', async () => {
    const random = randomBytes(32)
    const manager = await openManager()
    await manager.addAccountExplicitly(ANA)
    expect(await manager.export({ key: random })).not.toBe(await manager.export({ key: random }))
  })
})

describe('user data with a key that means something to objects', () => {
  it('comes through an export and an import', async () => {
    const [from, to] = [await openManager(), await openManager()]
    const userData = JSON.parse('{"__proto__":"a","constructor":"b","plain":"c"}') as Record<string, string>
    await from.addAccountExplicitly({ type: TYPE, name: 'ana' }, { userData })
    const { added } = await to.import(await from.export({ key }), { key })
    const values = ['__proto__', 'constructor', 'plain'].map((name) => to.getUserData(added[0] ?? '', name))
    expect(await Promise.all(values)).toEqual(['a', 'b', 'c'])
  })
})
