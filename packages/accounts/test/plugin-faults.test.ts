import type { CredentialContext } from '@accountry/accounts'
import {
  answersChanging,
  answersCyclic,
  answersHuge,
  answersThrowingGetters,
  answersTwice,
  neverAnswers,
} from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf, offline } from './support/failures.ts'
import { MINUTE, open, throwsAtOnce } from './support/faulty-plugin.ts'
import { TYPE } from './support/managers.ts'

describe('an authenticator that answers a token request', () => {
  it.each<[string, unknown, string]>([
    ['nothing', () => undefined, 'ERR_INVALID_RESPONSE'],
    ['null', () => null, 'ERR_INVALID_RESPONSE'],
    ['text', () => 'token', 'ERR_INVALID_RESPONSE'],
    ['a token without a value', {}, 'ERR_INVALID_RESPONSE'],
    ['a getter that throws', answersThrowingGetters(['value']), 'ERR_INVALID_RESPONSE'],
    ['something cyclic', answersCyclic({ scopes: 'a' }), 'ERR_INVALID_RESPONSE'],
    ['a huge token', answersHuge(['value'], 300_000), 'ERR_LIMIT_EXCEEDED'],
    ['by throwing at once', throwsAtOnce, 'ERR_AUTHENTICATOR_FAILED'],
    ['by throwing an error of its own', new RangeError('canary'), 'ERR_AUTHENTICATOR_FAILED'],
    ['by throwing text', () => Promise.reject('canary'), 'ERR_AUTHENTICATOR_FAILED'],
    ['by throwing nothing', () => Promise.reject(undefined), 'ERR_AUTHENTICATOR_FAILED'],
    ['by a name that cannot be resolved', offline(), 'ERR_NETWORK'],
    [
      'by what fetch throws',
      () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })),
      'ERR_NETWORK',
    ],
  ])('with %s: its kind is said, its words are not, and the next call works', async (_what, answer, code) => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.next('getAuthToken', answer as never)
    const failure = await failureOf(manager.getAuthToken(account, 'calendar'))
    expect(failure).toMatchObject({ name: 'AccountError', code })
    expect(JSON.stringify(failure)).not.toContain('canary')
    clock.jump(5 * MINUTE)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
  })

  it('twice is heard once', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', answersTwice({ value: 'one' }, { value: 'other' }))
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('one')
    expect((await manager.peekAuthToken(account, 'calendar'))?.value).toBe('one')
  })

  it('with something that changes is read once', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', answersChanging('value', ['good', 'bad\nvalue']) as never)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('good')
    expect((await manager.peekAuthToken(account, 'calendar'))?.value).toBe('good')
  })

  it('for another account or type is believed for the one that was asked for, and for no other', async () => {
    const { manager, account, authenticator } = await open()
    const other = await manager.addAccountExplicitly({ type: TYPE, name: 'ben' })
    authenticator.next('getAuthToken', { value: 'x', account: other, type: 'other', authTokenType: 'mail' } as never)
    const token = await manager.getAuthToken(account, 'calendar')
    expect([token.account.id, token.authTokenType]).toEqual([account.id, 'calendar'])
    expect(await manager.peekAuthToken(other, 'calendar')).toBeUndefined()
    expect(await manager.peekAuthToken(account, 'mail')).toBeUndefined()
  })

  it('never is left alone at the time limit, is told so, and others are served meanwhile', async () => {
    const { manager, account, authenticator, clock } = await open()
    const other = await manager.addAccountExplicitly({ type: TYPE, name: 'ben' })
    authenticator.next('getAuthToken', neverAnswers)
    const asked = manager.getAuthToken(account, 'calendar').catch((error: unknown) => error)
    await authenticator.whenCalled('getAuthToken')
    expect((await manager.getAuthToken(other, 'calendar')).value).toBe('token-1')
    await clock.advance(MINUTE - 1)
    expect(authenticator.callsOf('getAuthToken')[0]?.context.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(await asked).toMatchObject({
      code: 'ERR_AUTHENTICATOR_TIMEOUT',
      retryable: true,
      account: { id: account.id },
    })
    expect(authenticator.callsOf('getAuthToken')[0]?.context.signal.aborted).toBe(true)
    clock.jump(5 * MINUTE)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-2')
  })

  it('after it was given up may still save what it rotated, unless somebody else did meanwhile', async () => {
    const { manager, account, authenticator, clock } = await open()
    let context: CredentialContext | undefined
    authenticator.next('getAuthToken', (_request: unknown, given: CredentialContext) => {
      context = given
      return neverAnswers()
    })
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await clock.advance(MINUTE)
    await asked
    expect(await context?.replaceCredential({ password: 'late' })).toEqual({ durable: true })
    expect(await manager.getPassword(account)).toBe('late')
    await manager.setPassword(account, 'typed')
    expect(await failureOf(Promise.resolve(context?.replaceCredential({ password: 'later' })))).toMatchObject({
      code: 'ERR_ABORTED',
      reason: 'superseded',
    })
    expect(await manager.getPassword(account)).toBe('typed')
  })
})

describe('an authenticator that replaces a credential', () => {
  it.each<[string, unknown, string]>([
    ['by a number', { password: 7 }, 'ERR_INVALID_RESPONSE'],
    ['by null', { password: null }, 'ERR_INVALID_RESPONSE'],
    ['by a huge one', { password: 'x'.repeat(300_000) }, 'ERR_LIMIT_EXCEEDED'],
    ['with a field that is no text', { fields: { a: {} } }, 'ERR_INVALID_RESPONSE'],
    ['with user data that is no text', { userData: { a: 1 } }, 'ERR_INVALID_RESPONSE'],
    ['with claims that are no JSON', { claims: { a: 1n } }, 'ERR_INVALID_RESPONSE'],
    ['with a subject that is no text', { subject: 7 }, 'ERR_INVALID_RESPONSE'],
  ])('%s changes nothing', async (_what, update, code) => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', async (_request: unknown, context: CredentialContext) => {
      await context.replaceCredential(update as never)
      return { value: 'x' }
    })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code })
    expect(await manager.getPassword(account)).toBe('first')
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'x'],
  ])('by %s is told that this is no update', async (_what, update) => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', async (_request: unknown, context: CredentialContext) => {
      await context.replaceCredential(update as never)
      return { value: 'x' }
    })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
  })
})

describe('what an authenticator is given', () => {
  it('is the credential of this account and of no other', async () => {
    const { manager, account, authenticator } = await open()
    await manager.addAccountExplicitly({ type: TYPE, name: 'ben' }, { password: 'canary' })
    await manager.getAuthToken(account, 'calendar')
    const { context, request } = authenticator.callsOf('getAuthToken')[0] ?? {}
    expect(context?.credential).toMatchObject({ password: 'first' })
    expect(JSON.stringify([context, request])).not.toContain('canary')
  })

  it('cannot be used to change the request of others', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', (request: { account: { name: string } }) => {
      request.account.name = 'changed'
      return { value: 'x' }
    })
    await manager.getAuthToken(account, 'calendar').catch(() => undefined)
    expect((await manager.getAccounts())[0]?.name).toBe('ana@example.com')
  })

  it('is nobody to ask when the caller did not allow it', async () => {
    const { manager, account, authenticator } = await open()
    await manager.getAuthToken(account, 'calendar')
    await manager.getAuthToken(account, 'mail', { interaction: 'allow' })
    expect(authenticator.callsOf('getAuthToken').map(({ context }) => context.interaction !== undefined)).toEqual([
      false,
      true,
    ])
  })
})
