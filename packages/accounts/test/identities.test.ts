import type { NewAccount } from '@accountry/accounts'
import { createFakeAuthenticator } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'

async function signedIn(...answers: NewAccount[]) {
  const authenticator = createFakeAuthenticator({ canUpdate: true, answers: { addAccount: answers } })
  const manager = await openManager({ authenticators: [authenticator], interaction: {} })
  return { manager, authenticator, add: async () => (await manager.addAccount(TYPE)).name }
}

describe('a second identity with the name of another', () => {
  const first = { name: 'n', issuer: 'https://a.example', subject: '1' }
  it.each<[string, NewAccount, string]>([
    ['its tenant', { ...first, subject: '2', claims: { hd: 'b.example' } }, 'n (b.example)'],
    [
      'its issuer, where the tenant would forge a line',
      { ...first, subject: '2', claims: { hd: 'ev\u202e\n\u001b[31mil' } },
      'n (2)',
    ],
    [
      'its subject, where the tenant is too long',
      { ...first, subject: '2', claims: { hd: 'x'.repeat(100_000) } },
      'n (2)',
    ],
    ['its tenant in NFC', { ...first, subject: '2', claims: { hd: 'cafe\u0301' } }, 'n (café)'],
  ])('gets %s, as a name that can be found again (H-41, H-45)', async (_what, second, name) => {
    const { manager, add } = await signedIn(first, second)
    expect([await add(), await add()]).toEqual(['n', name])
    expect(await manager.findAccount(TYPE, name)).toMatchObject({ name })
  })

  it('that is as long as names may be gives some of its end', async () => {
    const name = 'x'.repeat(512)
    const { manager, add } = await signedIn({ ...first, name }, { ...first, name, subject: 's'.repeat(600) })
    await add()
    const second = await add()
    expect([Buffer.byteLength(second), second.endsWith('x (2)')]).toEqual([512, true])
    expect(await manager.findAccount(TYPE, second)).toBeDefined()
  })

  it('at another issuer is another account, also without a subject', async () => {
    const { manager, add } = await signedIn(
      { name: 'i', issuer: 'https://a.example', password: 'a' },
      { name: 'i', issuer: 'https://b.example', password: 'b' },
      { name: 'i', issuer: 'https://b.example', subject: '9', password: 'c' },
    )
    expect([await add(), await add()]).toEqual(['i', 'i (b.example)'])
    await add()
    const [account] = await manager.getAccounts()
    expect(await manager.getPassword(account ?? '')).toBe('a')
  })
})

describe('an account of a service without subjects', () => {
  it('that was renamed here signs in again by the name that the service knows', async () => {
    const { manager, authenticator } = await signedIn({ name: 'ana@x', password: '1' })
    const account = await manager.addAccount(TYPE)
    await manager.renameAccount(account, 'work')
    await manager.renameAccount(account, 'home')
    authenticator.next('updateCredentials', { name: 'ana@x', password: '2' })
    expect(await manager.updateCredentials(account)).toMatchObject({ id: account.id, name: 'home' })
    authenticator.next('addAccount', { name: 'ana@x', password: '3' })
    expect((await manager.addAccount(TYPE)).id).toBe(account.id)
    authenticator.next('updateCredentials', { name: 'home', password: '4' })
    expect(await failureOf(manager.updateCredentials(account))).toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
    expect(await manager.getPassword(account)).toBe('3')
  })

  it('is not taken for the one that was renamed to its name', async () => {
    const { manager, add } = await signedIn({ name: 'ana' }, { name: 'ben' })
    const ana = await manager.addAccount(TYPE)
    await manager.renameAccount(ana, 'ben')
    expect(await add()).toBe('ben (2)')
  })
})

describe('a hint', () => {
  const hint = { hint: 'ana', interaction: 'allow' } as const

  it('is answered by nobody else than the one whom it names, and then nothing is changed', async () => {
    const { manager } = await signedIn({ name: 'ben', password: 'p' }, { name: 'ana@example.com', password: 'p' })
    expect(await failureOf(manager.resolveAccount(TYPE, hint))).toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
    expect(await manager.getAccounts()).toEqual([])
    expect(await manager.resolveAccount(TYPE, hint)).toMatchObject({ name: 'ana@example.com' })
  })

  it('keeps the credential of somebody else who is here and signed in instead', async () => {
    const ben = { name: 'ben', issuer: 'https://a.example', subject: '1' }
    const { manager } = await signedIn({ ...ben, password: 'old' }, { ...ben, password: 'new' })
    const account = await manager.addAccount(TYPE)
    expect(await failureOf(manager.resolveAccount(TYPE, hint))).toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
    expect(await manager.getPassword(account)).toBe('old')
  })
})
