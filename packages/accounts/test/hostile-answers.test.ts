import { AccountError, type AuthToken } from '@accountry/accounts'
import { createFakeAuthenticator } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { type Failure, failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'

const CANARY = 'canary-51'
const boom = (): never => {
  throw new Error(`boom ${CANARY}`)
}
const trap = new Proxy({}, { ownKeys: boom, get: boom })
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

function expectRefused(failure: Failure): void {
  expect(failure).toMatchObject({ name: 'AccountError', code: 'ERR_INVALID_RESPONSE' })
  expect(JSON.stringify(failure)).not.toContain(CANARY)
}

describe('an answer to addAccount that cannot be read', () => {
  it.each<[string, object]>([
    [
      'a getter in user data throws',
      {
        userData: {
          get x() {
            return boom()
          },
        },
      },
    ],
    ['user data is a trap', { userData: trap }],
    ['tokens are a trap', { tokens: trap }],
    ['scopes are a trap', { tokens: { t: { value: 'v', scopes: new Proxy([], { get: boom }) } } }],
    ['claims are a function', { claims: () => 1 }],
    ['claims are nothing in JSON', { claims: { toJSON: () => undefined } }],
    ['claims are a cycle', { claims: cycle }],
    ['tokens are a list', { tokens: [{ value: 'v' }] }],
    ['a token has no type', { tokens: { '': { value: 'v' } } }],
    ['user data is a list', { userData: ['x'] }],
    ['user data is a Map', { userData: new Map([['k', 'v']]) }],
    [
      'a getter of the answer throws',
      {
        get password() {
          return boom()
        },
      },
    ],
  ])('is ERR_INVALID_RESPONSE when %s, and says nothing of it', async (_what, answer) => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    authenticator.next(
      'addAccount',
      Object.defineProperties({ name: 'ana' }, Object.getOwnPropertyDescriptors(answer)) as never,
    )
    expectRefused(await failureOf(manager.addAccount(TYPE)))
    expect(await manager.getAccounts()).toEqual([])
  })

  it('drops the claims that mean something to prototypes (IN-04)', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    const claims = JSON.parse('{"a":1,"__proto__":{"x":1},"constructor":2,"prototype":3}') as object
    authenticator.next('addAccount', { name: 'ana', claims: claims as never })
    const account = await manager.addAccount(TYPE)
    expect((await manager.getAccountInfo(account)).claims).toEqual({ a: 1 })
  })
})

describe('a started session', () => {
  it.each<[string, unknown]>([
    [
      'whose session throws',
      {
        get session() {
          return boom()
        },
      },
    ],
    [
      'whose address throws',
      {
        session: {},
        get url() {
          return boom()
        },
      },
    ],
    ['that throws when it is written', { session: { toJSON: boom } }],
    ['that is a cycle', { session: cycle }],
    ['with a BigInt', { session: { a: 1n } }],
    ['that is a list', { session: [] }],
    ['that is a list itself', []],
    ['whose address is text', { session: {}, url: 'https://a.example/' }],
    ['whose address is a script', { session: {}, url: new URL('javascript:alert(1)') }],
  ])('%s is ERR_INVALID_RESPONSE', async (_what, answer) => {
    const authenticator = createFakeAuthenticator({ canStartSessions: true })
    const manager = await openManager({ authenticators: [authenticator] })
    authenticator.next('startAddAccountSession', answer as never)
    expectRefused(await failureOf(manager.startAddAccountSession(TYPE)))
  })

  it('has the address that was checked, whatever it becomes later (T423)', async () => {
    const authenticator = createFakeAuthenticator({ canStartSessions: true })
    const manager = await openManager({ authenticators: [authenticator] })
    let reads = 0
    const kept = new URL('https://ok.example/')
    const flips = {
      session: { a: 1 },
      get url() {
        return reads++ === 0 ? kept : new URL('javascript:alert(1)')
      },
    }
    authenticator.next('startAddAccountSession', flips as never)
    const { url } = await manager.startAddAccountSession(TYPE)
    kept.href = 'javascript:alert(1)'
    expect(url?.href).toBe('https://ok.example/')
  })

  it('that is finished with a token of a type that is not declared is ERR_INVALID_RESPONSE', async () => {
    const authenticator = createFakeAuthenticator({ canStartSessions: true, tokenTypes: { tasks: {} } })
    const manager = await openManager({ authenticators: [authenticator] })
    authenticator.next('finishSession', { name: 'ana', tokens: { bogus: { value: 'v' } } })
    const { session } = await manager.startAddAccountSession(TYPE)
    expectRefused(await failureOf(manager.finishSession(session)))
  })

  it('that is larger than 256 KiB is ERR_LIMIT_EXCEEDED', async () => {
    const authenticator = createFakeAuthenticator({ canStartSessions: true })
    const manager = await openManager({ authenticators: [authenticator] })
    authenticator.next('startAddAccountSession', { session: { a: 'x'.repeat(300_000) } })
    expect(await failureOf(manager.startAddAccountSession(TYPE))).toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
  })
})

describe('the headers of a request', () => {
  it.each<[string, unknown]>([
    ['a number as a value', { Authorization: 5 }],
    ['a list', ['x']],
    ['text', 'hello'],
    ['a second header in a value', { Authorization: 'a\r\nX: y' }],
    ['a second header in a name', { 'A\r\nX': 'y' }],
    [
      'a getter that throws',
      {
        get Authorization() {
          return boom()
        },
      },
    ],
    ['nothing', undefined],
    ['none', {}],
  ])('with %s are ERR_INVALID_RESPONSE', async (_what, answer) => {
    const authenticator = createFakeAuthenticator({ canAuthorize: true })
    const manager = await openManager({ authenticators: [authenticator] })
    const token = await tokenOf(manager)
    authenticator.always('authorizeRequest', (() => answer) as never)
    expectRefused(
      await failureOf(manager.authorizeRequest(token, { method: 'GET', url: new URL('https://a.example/') })),
    )
  })
})

describe('an error that a plugin throws', () => {
  const withField = (field: string, value: PropertyDescriptor): AccountError =>
    Object.defineProperty(new AccountError('ERR_NETWORK', 'ok'), field, { enumerable: true, ...value })
  it.each<[string, AccountError, string]>([
    ['a field that throws', withField('account', { get: boom }), 'ERR_NETWORK'],
    ['a reason that is an object', withField('reason', { value: {} }), 'ERR_NETWORK'],
    ['a challenge that is a cycle', withField('challenge', { value: cycle }), 'ERR_AUTHENTICATOR_FAILED'],
    ['a moment that is a BigInt', withField('retryAt', { value: 1n }), 'ERR_NETWORK'],
    ['a code that there is not', withField('code', { value: 'ERR_BOGUS' }), 'ERR_AUTHENTICATOR_FAILED'],
    ['a code that throws', withField('code', { get: boom }), 'ERR_AUTHENTICATOR_FAILED'],
  ])('with %s is one of ours, and the account says so', async (_what, error, code) => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    authenticator.next('getAuthToken', error)
    const failure = await failureOf(manager.getAuthToken(account, 't'))
    expect(failure).toMatchObject({ name: 'AccountError', code })
    expect(JSON.stringify(failure)).not.toContain(CANARY)
  })

  it('about another account is about this one', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const other = { id: 'x', type: TYPE, name: 'ben' }
    authenticator.next('getAuthToken', new AccountError('ERR_DENIED', 'no', { account: other }))
    await expect(manager.getAuthToken(account, 't')).rejects.toMatchObject({ code: 'ERR_DENIED', account })
  })
})

async function tokenOf(manager: Awaited<ReturnType<typeof openManager>>): Promise<AuthToken> {
  const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
  return await manager.getAuthToken(account, 't')
}
