import { AccountError } from '@accountry/accounts'
import { createFakeAuthenticator } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'

const ANA = { type: TYPE, name: 'ana@example.com' }

describe('a service that keeps a single access token', () => {
  const single = {
    capabilities: { accessTokens: 'single' as const },
    tokenTypes: { read: { scopes: ['r'] }, write: { scopes: ['r', 'w'] }, other: { scopes: ['x'] } },
  }

  it('gives one token for every type whose scopes it covers', async () => {
    const authenticator = createFakeAuthenticator(single)
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA)
    const write = await manager.getAuthToken(account, 'write')
    const read = await manager.getAuthToken(account, 'read')
    expect([read.value, read.authTokenType]).toEqual([write.value, 'read'])
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('ends every other token when it issues one', async () => {
    const authenticator = createFakeAuthenticator(single)
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA)
    await manager.getAuthToken(account, 'read')
    await manager.getAuthToken(account, 'other')
    expect(await manager.peekAuthToken(account, 'read')).toBeUndefined()
    expect((await manager.peekAuthToken(account, 'other'))?.value).toBe('token-2')
  })

  it('has its token ended for all types by one invalidation', async () => {
    const authenticator = createFakeAuthenticator(single)
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA)
    const write = await manager.getAuthToken(account, 'write')
    await manager.getAuthToken(account, 'read')
    await manager.invalidateAuthToken(write)
    expect((await manager.getAuthToken(account, 'read')).value).toBe('token-2')
  })
})

describe('a service whose password is its token', () => {
  const own = { capabilities: { passwordIsToken: true }, lifetimeMs: undefined }

  it('needs the person when the token is rejected, and the token is kept', async () => {
    const authenticator = createFakeAuthenticator(own)
    authenticator.always('getAuthToken', async (_request, { credential }) => ({ value: credential.password ?? '' }))
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA, { password: 'api-key' })
    const token = await manager.getAuthToken(account, 'api')
    expect(token.value).toBe('api-key')
    await manager.invalidateAuthToken(token)
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'needs-reauth', reason: 'token_rejected' })
    expect(await manager.getPassword(account)).toBe('api-key')
    expect(await failureOf(manager.getAuthToken(account, 'api'))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'token_rejected',
    })
    expect(authenticator.count('getAuthToken')).toBe(1)
    await manager.setPassword(account, 'new-key')
    expect((await manager.getAuthToken(account, 'api')).value).toBe('new-key')
  })
})

describe('the headers of a request', () => {
  const request = { method: 'GET', url: new URL('https://api.example.com/x') }

  it('of a bearer token are made without the authenticator', async () => {
    const authenticator = createFakeAuthenticator({ canAuthorize: true })
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA)
    authenticator.next('getAuthToken', { value: 'x' })
    const token = await manager.getAuthToken(account, 'calendar')
    expect(await manager.authorizeRequest(token, request)).toEqual({ Authorization: 'Bearer x' })
    expect(authenticator.count('authorizeRequest')).toBe(0)
  })

  it('of a bound token are made by it', async () => {
    const authenticator = createFakeAuthenticator({ canAuthorize: true })
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly(ANA, { password: 'p' })
    const token = await manager.getAuthToken(account, 'calendar')
    expect(await manager.authorizeRequest(token, { ...request, nonce: 'n' })).toMatchObject({
      authorization: 'DPoP token-1',
    })
    const [call] = authenticator.callsOf('authorizeRequest')
    expect([call?.request.nonce, call?.request.url.href, call?.context.credential.password]).toEqual([
      'n',
      'https://api.example.com/x',
      'p',
    ])
  })

  it('of something that is no token are a TypeError', async () => {
    const manager = await openManager()
    expect(await failureOf(manager.authorizeRequest('token' as never, request))).toMatchObject({ name: 'TypeError' })
  })
})

describe('two people with one name', () => {
  const person = (issuer: string, subject: string, claims = {}) => ({
    name: 'ana@contoso.com',
    password: subject,
    issuer,
    subject,
    claims,
  })

  it('are two accounts: the later gets its tenant in brackets', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    authenticator.next(
      'addAccount',
      person('https://id.contoso.com', '1'),
      person('https://id.fabrikam.com', '2', { hd: 'fabrikam.com' }),
      person('https://id.third.com', '3'),
      person('https://id.third.com', '4'),
      person('https://id.third.com', '5'),
    )
    for (let n = 0; n < 5; n++) await manager.addAccount(TYPE)
    expect((await manager.getAccounts()).map(({ name }) => name).sort()).toEqual(
      [
        'ana@contoso.com',
        'ana@contoso.com (fabrikam.com)',
        'ana@contoso.com (id.third.com)',
        'ana@contoso.com (4)',
        'ana@contoso.com (5)',
      ].sort(),
    )
  })

  it('and the same person again is the same account, also after a rename', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    authenticator.next('addAccount', person('https://id.example.com', '1'), {
      ...person('https://id.example.com', '1'),
      password: 'new',
    })
    const account = await manager.addAccount(TYPE)
    await manager.renameAccount(account, 'ana')
    expect(await manager.addAccount(TYPE)).toMatchObject({ id: account.id, name: 'ana' })
    expect(await manager.getPassword(account)).toBe('new')
    authenticator.next('addAccount', person('https://id.example.com', '1'))
    expect(await failureOf(manager.addAccount(TYPE, { ifExists: 'error' }))).toMatchObject({
      code: 'ERR_ACCOUNT_EXISTS',
    })
  })

  it('an account that was added explicitly learns who it is', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana@contoso.com' }, { password: 'p' })
    authenticator.next('addAccount', person('https://id.example.com', '1'))
    expect(await manager.addAccount(TYPE)).toEqual(account)
    expect(await manager.getAccountInfo(account)).toMatchObject({ issuer: 'https://id.example.com' })
  })
})

describe('signing in', () => {
  it('is one at a time for a type, and the others take what it brought where that answers them', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator], interaction: {} })
    authenticator.hold('addAccount')
    const asked = [1, 2, 3].map(() => manager.resolveAccount(TYPE, { interaction: 'allow' }))
    await authenticator.whenCalled('addAccount')
    authenticator.release()
    const accounts = await Promise.all(asked)
    expect(new Set(accounts.map(({ id }) => id)).size).toBe(1)
    expect(authenticator.count('addAccount')).toBe(1)
  })

  it('again is done once for all who need it, and gives them their tokens', async () => {
    const authenticator = createFakeAuthenticator({ canUpdate: true })
    const manager = await openManager({ authenticators: [authenticator], interaction: {} })
    const account = await manager.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.next('getAuthToken', new AccountError('ERR_INTERACTION_REQUIRED', 'x', { reason: 'expired' }))
    const asked = ['calendar', 'mail'].map((type) => manager.getAuthToken(account, type, { interaction: 'allow' }))
    expect((await Promise.all(asked)).map(({ value }) => value).sort()).toEqual(['token-1', 'token-2'])
    expect(authenticator.count('updateCredentials')).toBe(1)
  })
})
