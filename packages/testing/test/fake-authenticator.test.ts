import { AccountError, type AuthToken } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { createFakeAuthenticator, createFakeInteraction, type FakeAuthenticator } from '../src/index.ts'
import { account, add, contextWith, getToken, start } from './support/fake-calls.ts'

describe('createFakeAuthenticator', () => {
  it('signs in as whoever is asked for, with an identity', async () => {
    const authenticator = createFakeAuthenticator()
    const identity = { issuer: 'https://id.example.com', subject: 'ana@example.com' }
    expect(await add(authenticator)).toEqual({ name: 'ana@example.com', password: 'refresh-0', ...identity })
    expect(await add(authenticator, 'ben')).toMatchObject({ name: 'ben', password: 'refresh-1', subject: 'ben' })
    expect(await add(createFakeAuthenticator({ issuer: undefined }), 'ben')).toEqual({
      name: 'ben',
      password: 'refresh-0',
    })
  })

  it('issues a token with the sign-in when one is asked for', async () => {
    const { tokens } = await add(createFakeAuthenticator(), 'ana', 'tasks')
    expect(tokens).toEqual({ tasks: { value: 'token-1', expiresAt: start + 3_600_000 } })
  })

  it('issues numbered tokens that end by the clock of the caller', async () => {
    const authenticator = createFakeAuthenticator({ lifetimeMs: 60_000, tokenTypes: { tasks: { scopes: ['read'] } } })
    expect(await getToken(authenticator)).toEqual({ value: 'token-1', expiresAt: start + 60_000, scopes: ['read'] })
    expect(await getToken(authenticator)).toMatchObject({ value: 'token-2' })
    expect(await getToken(createFakeAuthenticator({ lifetimeMs: undefined }))).toEqual({ value: 'token-1' })
  })

  it('rotates the password before it answers, when it is told to', async () => {
    const context = contextWith()
    await getToken(createFakeAuthenticator(), context)
    expect(context.updates).toEqual([])
    const refused = contextWith({
      replaceCredential: () => Promise.reject(new AccountError('ERR_ABORTED', 'too late')),
    })
    await getToken(createFakeAuthenticator({ rotates: true }), context)
    expect(context.updates).toEqual([{ password: 'refresh-0' }])
    await expect(getToken(createFakeAuthenticator({ rotates: true }), refused)).rejects.toThrow('too late')
  })

  it('makes its secrets as it is told', async () => {
    const authenticator = createFakeAuthenticator({ secret: (label) => `marked-${label}` })
    expect((await add(authenticator)).password).toBe('marked-refresh-0')
    expect((await getToken(authenticator)).value).toBe('marked-token-1')
  })

  it('has the optional methods only when they are asked for', () => {
    const optional = (authenticator: FakeAuthenticator) =>
      Object.keys(authenticator).filter((name) => typeof authenticator[name as never] === 'function')
    const bare = optional(createFakeAuthenticator())
    const whole = optional(
      createFakeAuthenticator({
        features: [],
        canUpdate: true,
        canConfirm: true,
        canEdit: true,
        removalAllowed: true,
        canStartSessions: true,
        canRevoke: true,
        canAuthorize: true,
        labels: {},
      }),
    )
    expect(whole.filter((name) => !bare.includes(name)).toSorted()).toEqual([
      'authorizeRequest',
      'confirmCredentials',
      'discard',
      'editProperties',
      'finishSession',
      'getAccountRemovalAllowed',
      'getAuthTokenLabel',
      'hasFeatures',
      'isCredentialsUpdateSuggested',
      'revoke',
      'startAddAccountSession',
      'startUpdateCredentialsSession',
      'updateCredentials',
    ])
    expect(optional(createFakeAuthenticator({ answers: { revoke: [undefined] } }))).toEqual([...bare, 'revoke'])
  })

  it('knows the features of all accounts, or of each by name', async () => {
    const has = (authenticator: FakeAuthenticator, ...features: string[]) =>
      authenticator.hasFeatures?.({ account, features }, contextWith())
    const all = createFakeAuthenticator({ features: ['mail', 'tasks'] })
    expect([await has(all), await has(all, 'mail', 'tasks'), await has(all, 'mail', 'x')]).toEqual([true, true, false])
    const byName = createFakeAuthenticator({ features: { 'ben@example.com': ['mail'] } })
    expect(await has(byName, 'mail')).toBe(false)
  })

  it('signs the same person in again, with a new password', async () => {
    const authenticator = createFakeAuthenticator({ canUpdate: true })
    await add(authenticator)
    const context = contextWith({ credential: { password: 'x', userData: {}, fields: {}, subject: '42' } })
    expect(await authenticator.updateCredentials?.({ account, options: {} }, context)).toMatchObject({
      name: account.name,
      password: 'refresh-1',
      subject: '42',
    })
  })

  it('confirms the right password, given or typed', async () => {
    const authenticator = createFakeAuthenticator({ canConfirm: true })
    const confirm = (password?: string, context = contextWith()) =>
      authenticator.confirmCredentials?.({ account, password }, context)
    expect([await confirm('refresh-0'), await confirm('wrong')]).toEqual([true, false])
    await expect(confirm()).rejects.toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' })
    const interaction = createFakeInteraction({ credentials: { password: 'refresh-0' } })
    expect(await confirm(undefined, contextWith({ interaction }))).toBe(true)
    expect(interaction.requestsOf('promptCredentials')[0]?.request.fields).toEqual([
      { name: 'password', label: 'Password', secret: true },
    ])
  })

  it('starts and finishes sessions, for new accounts and for those that are here', async () => {
    const authenticator = createFakeAuthenticator({ canStartSessions: true })
    const started = await authenticator.startAddAccountSession?.({ options: { name: 'ben' } }, contextWith())
    expect(started).toMatchObject({ session: { name: 'ben' }, statusToken: 'status-1' })
    const session = started?.session ?? {}
    expect(await authenticator.finishSession?.({ session, answer: {} }, contextWith())).toMatchObject({ name: 'ben' })
    const again = await authenticator.startUpdateCredentialsSession?.({ account, options: {} }, contextWith())
    expect(again?.session).toEqual({ name: account.name })
    const isSuggested = (statusToken: string) =>
      authenticator.isCredentialsUpdateSuggested?.({ account, statusToken }, contextWith())
    expect([await isSuggested('status-1'), await isSuggested('other')]).toEqual([false, true])
  })

  it('binds tokens to requests, labels them and says what may be removed', async () => {
    const authenticator = createFakeAuthenticator({
      canAuthorize: true,
      labels: { tasks: 'Tasks' },
      removalAllowed: false,
    })
    expect(await getToken(authenticator)).toMatchObject({ scheme: 'DPoP' })
    const token = { scheme: 'DPoP', value: 'token-1' } as AuthToken
    const url = new URL('https://api.example.com/tasks?page=2')
    expect(await authenticator.authorizeRequest?.({ token, method: 'GET', url }, contextWith())).toEqual({
      authorization: 'DPoP token-1',
      dpop: 'proof for GET https://api.example.com/tasks',
    })
    expect([authenticator.getAuthTokenLabel?.('tasks'), authenticator.getAuthTokenLabel?.('x')]).toEqual(['Tasks', 'x'])
    expect(await authenticator.getAccountRemovalAllowed?.({ account }, contextWith())).toBe(false)
  })

  it('records every call with its request and context, also of methods that answer at once', async () => {
    const authenticator = createFakeAuthenticator({ labels: {} })
    const context = contextWith()
    await getToken(authenticator, context)
    authenticator.getAuthTokenLabel?.('tasks')
    expect(authenticator.calls.map(({ method, isEnded }) => [method, isEnded])).toEqual([
      ['getAuthToken', true],
      ['getAuthTokenLabel', true],
    ])
    expect(authenticator.callsOf('getAuthToken')[0]?.request.account).toBe(account)
    expect(authenticator.callsOf('getAuthToken')[0]?.context).toBe(context)
    expect([authenticator.count(), authenticator.count('getAuthToken'), authenticator.count('revoke')]).toEqual([
      2, 1, 0,
    ])
  })
})

describe('the script of a fake authenticator', () => {
  it('answers values, throws errors and runs functions, one each, and then the usual', async () => {
    const authenticator = createFakeAuthenticator({ answers: { getAuthToken: [{ value: 'first' }] } })
    authenticator.next('getAuthToken', new Error('second'), async (request, context) => {
      await context.replaceCredential({ password: 'third' })
      return { value: `for ${request.account.name}` }
    })
    const context = contextWith()
    expect(await getToken(authenticator)).toEqual({ value: 'first' })
    await expect(getToken(authenticator)).rejects.toThrow('second')
    expect(await getToken(authenticator, context)).toEqual({ value: 'for ana@example.com' })
    expect(context.updates).toEqual([{ password: 'third' }])
    expect(await getToken(authenticator)).toMatchObject({ value: 'token-1' })
  })

  it('does the same at every call until it is told otherwise, after what comes next', async () => {
    const authenticator = createFakeAuthenticator()
    authenticator.always('getAuthToken', { value: 'same' })
    authenticator.next('getAuthToken', { value: 'once' })
    const values = []
    for (let call = 0; call < 3; call++) values.push((await getToken(authenticator)).value)
    authenticator.always('getAuthToken', undefined)
    values.push((await getToken(authenticator)).value)
    expect(values).toEqual(['once', 'same', 'same', 'token-1'])
  })

  it('holds calls until it releases them, those of one method or all', async () => {
    const authenticator = createFakeAuthenticator()
    authenticator.hold('getAuthToken')
    authenticator.hold('addAccount')
    const token = getToken(authenticator)
    const added = add(authenticator)
    await authenticator.whenCalled('addAccount')
    expect(authenticator.calls.map(({ isEnded }) => isEnded)).toEqual([false, false])
    authenticator.release('getAuthToken')
    expect(await token).toMatchObject({ value: 'token-1' })
    expect(authenticator.callsOf('addAccount')[0]?.isEnded).toBe(false)
    authenticator.release()
    expect(await added).toMatchObject({ name: 'ana@example.com' })
    expect(await getToken(authenticator)).toMatchObject({ value: 'token-2' })
  })

  it('ends a held call at its abort, unless it is told to ignore that', async () => {
    const authenticator = createFakeAuthenticator()
    const controller = new AbortController()
    const context = contextWith({ signal: controller.signal })
    authenticator.hold('getAuthToken')
    const heeding = getToken(authenticator, context)
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    const ignoring = getToken(authenticator, context)
    await authenticator.whenCalled('getAuthToken', 2)
    controller.abort()
    await expect(heeding).rejects.toMatchObject({ name: 'AbortError' })
    await expect(getToken(createHeld(), context)).rejects.toMatchObject({ name: 'AbortError' })
    authenticator.release()
    expect(await ignoring).toMatchObject({ value: 'token-1' })
  })

  it('tells when a method has been called so often', async () => {
    const authenticator = createFakeAuthenticator()
    const twice = authenticator.whenCalled('getAuthToken', 2)
    let isThere = false
    void twice.then(() => {
      isThere = true
    })
    await getToken(authenticator)
    expect(isThere).toBe(false)
    await getToken(authenticator)
    await twice
    await authenticator.whenCalled('getAuthToken')
  })
})

function createHeld(): FakeAuthenticator {
  const authenticator = createFakeAuthenticator()
  authenticator.hold('getAuthToken')
  return authenticator
}
