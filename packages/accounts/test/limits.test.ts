import type { NewAccount } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const tooLarge = { name: 'AccountError', code: 'ERR_LIMIT_EXCEEDED' }
const large = 'x'.repeat(400_000)

describe('an answer that is too large', () => {
  it.each<[string, Partial<NewAccount>]>([
    ['an issuer', { issuer: large }],
    ['a subject', { subject: large }],
    ['a client', { clientId: large }],
    ['scopes', { tokens: { t: { value: 'v', scopes: new Array(200_000).fill('scope') as string[] } } }],
    ['user data in all', { userData: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}`, large])) }],
    ['a value in bytes', { userData: { a: '€'.repeat(400_000) } }],
    ['a password in bytes', { password: '€'.repeat(100_000) }],
    ['tokens', { tokens: Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`t${i}`, { value: 'v' }])) }],
  ])('(%s) is ERR_LIMIT_EXCEEDED, and nothing is stored', async (_what, answer) => {
    const authenticator = createFakeAuthenticator({ answers: { addAccount: [{ name: 'ana', ...answer }] } })
    const manager = await openManager({ authenticators: [authenticator] })
    expect(await failureOf(manager.addAccount(TYPE))).toMatchObject(tooLarge)
    expect(await manager.getAccounts()).toEqual([])
  })
})

describe('what a caller passes that is too large', () => {
  it('is ERR_LIMIT_EXCEEDED', async () => {
    const manager = await openManager()
    const { id } = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const userData = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}`, large]))
    const failures = [
      manager.getAuthToken(id, large),
      manager.getAuthToken(id, { scopes: [large] }),
      manager.addAccountExplicitly({ type: TYPE, name: 'ben' }, { userData }),
    ]
    for (const failure of failures) expect(await failureOf(failure)).toMatchObject(tooLarge)
    for (let i = 0; i < 20; i++) await manager.setUserData(id, `${i}`, large)
    expect(await failureOf(manager.setUserData(id, 'more', large))).toMatchObject(tooLarge)
    expect(await failureOf(manager.getAuthToken(id, 'a\u001bb'))).toMatchObject({ name: 'TypeError' })
  })
})

describe('a name with characters that cannot be seen', () => {
  it.each(['a\u00adb', 'a\u034fb', '\u3164', '\u2800', 'a\ufff9b', 'a\u{e0041}b', 'a\u180eb'])(
    'is a TypeError (%j)',
    async (name) => {
      const manager = await openManager()
      expect(await failureOf(manager.addAccountExplicitly({ type: TYPE, name }))).toMatchObject({ name: 'TypeError' })
    },
  )
})

describe('a clock that is set back', () => {
  it('keeps no token alive that has ended, and asks once (K-06)', async () => {
    const [clock, authenticator] = [createFakeClock(), createFakeAuthenticator()]
    const manager = await openManager({ clock, authenticators: [authenticator] })
    const { id } = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    authenticator.always('getAuthToken', (() => ({
      value: `at ${clock.now()}`,
      expiresAt: clock.now() + 3_600_000,
    })) as never)
    const first = await manager.getAuthToken(id, 't')
    clock.jump(-24 * 3_600_000)
    const second = await manager.getAuthToken(id, 't')
    expect([second.value === first.value, (await manager.getAuthToken(id, 't')).value === second.value]).toEqual([
      false,
      true,
    ])
    expect(authenticator.count('getAuthToken')).toBe(2)
    clock.jump(-2_000)
    expect((await manager.getAuthToken(id, 't')).value).toBe(second.value)
  })

  it('makes no used session good again', async () => {
    const clock = createFakeClock()
    const manager = await openManager({ clock, authenticators: [createFakeAuthenticator({ canStartSessions: true })] })
    const { session } = await manager.startAddAccountSession(TYPE)
    await manager.finishSession(session)
    clock.jump(3_600_000)
    await manager.finishSession((await manager.startAddAccountSession(TYPE)).session)
    clock.jump(-3_600_000)
    expect(await failureOf(manager.finishSession(session))).toMatchObject({ code: 'ERR_SESSION_INVALID' })
  })
})

describe('while the person is asked', () => {
  const STRANGER = { app: { id: 'com.example.stranger' }, authenticators: [] }

  it.each<[string, string, (owner: Awaited<ReturnType<typeof openManager>>, id: string) => Promise<unknown>]>([
    ['the account is removed', 'ERR_ACCOUNT_NOT_FOUND', (owner, id) => owner.removeAccountExplicitly(id)],
    ['its owner hides it', 'ERR_DENIED', (owner, id) => owner.setAccountVisibility(id, STRANGER.app.id, 'not-visible')],
  ])('which account to take, and %s, it is %s', async (_what, code, change) => {
    const directory = tempFolder()
    const owner = await openManager({ directory })
    const account = await owner.addAccountExplicitly({ type: TYPE, name: 'ana' })
    const chooseAccount = async () => {
      await change(owner, account.id)
      return account
    }
    const stranger = await openManager({ ...STRANGER, directory, interaction: { chooseAccount } })
    expect(await failureOf(stranger.chooseAccount())).toMatchObject({ code })
    expect(await stranger.getAccounts()).toEqual([])
  })

  it('whether an account may be removed, and somebody else removes it, it is not there any more', async () => {
    const authenticator = createFakeAuthenticator({ removalAllowed: true })
    const manager = await openManager({ authenticators: [authenticator] })
    const { id } = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    authenticator.hold('getAccountRemovalAllowed')
    const removal = manager.removeAccount(id)
    await authenticator.whenCalled('getAccountRemovalAllowed')
    await manager.removeAccountExplicitly(id)
    expect(await removal).toBe('not-found')
  })
})
