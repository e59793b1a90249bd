import type { AccountManager } from '@accountry/accounts'
import { answersCyclic, answersThrowingGetters, createFakeAuthenticator, neverAnswers } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { brokenConnection, failureOf } from './support/failures.ts'
import { hostileError, MINUTE, open, throwsAtOnce } from './support/faulty-plugin.ts'
import { TYPE } from './support/managers.ts'

describe('an authenticator that signs in', () => {
  it.each<[string, unknown, string]>([
    ['nothing', () => undefined, 'ERR_INVALID_RESPONSE'],
    ['null', () => null, 'ERR_INVALID_RESPONSE'],
    ['no name', {}, 'ERR_INVALID_RESPONSE'],
    ['a name that nobody could read', { name: 'a\u202eb' }, 'ERR_INVALID_RESPONSE'],
    ['getters that throw', answersThrowingGetters(['name', 'password'], 'canary'), 'ERR_INVALID_RESPONSE'],
    ['something cyclic', answersCyclic({ name: 'ben' }), 'ERR_INVALID_RESPONSE'],
    ['a huge password', { name: 'ben', password: 'x'.repeat(300_000) }, 'ERR_LIMIT_EXCEEDED'],
    ['by throwing at once', throwsAtOnce, 'ERR_AUTHENTICATOR_FAILED'],
    ['by a broken connection', brokenConnection(), 'ERR_NETWORK'],
  ])('and answers %s adds nobody', async (_what, answer, code) => {
    const { manager, authenticator } = await open(createFakeAuthenticator({ tokenTypes: { calendar: {} } }))
    authenticator.next('addAccount', answer as never)
    const failure = await failureOf(manager.addAccount(TYPE))
    expect(failure).toMatchObject({ name: 'AccountError', code })
    expect(JSON.stringify(failure)).not.toContain('canary')
    expect(await manager.getAccounts()).toHaveLength(1)
  })

  it('and answers a token of an undeclared type made a mistake, not its caller', async () => {
    const { manager, authenticator } = await open(createFakeAuthenticator({ tokenTypes: { calendar: {} } }))
    authenticator.next('addAccount', { name: 'ben', tokens: { other: { value: 'x' } } })
    expect(await failureOf(manager.addAccount(TYPE))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
  })

  it('and throws something that cannot be read adds nobody', async () => {
    const { manager, authenticator } = await open()
    authenticator.next('addAccount', () => Promise.reject(hostileError))
    expect(await failureOf(manager.addAccount(TYPE))).toMatchObject({ code: 'ERR_AUTHENTICATOR_FAILED' })
  })

  it('never is left alone when the person took too long', async () => {
    const { manager, authenticator, clock } = await open()
    authenticator.next('addAccount', neverAnswers)
    const asked = failureOf(manager.addAccount(TYPE))
    await authenticator.whenCalled('addAccount')
    clock.jump(10 * MINUTE)
    await clock.advance(10 * MINUTE)
    expect(await asked).toMatchObject({ code: 'ERR_INTERACTION_TIMEOUT' })
    expect(authenticator.callsOf('addAccount')[0]?.context.signal.aborted).toBe(true)
  })

  it('is told when its caller gives up, and a late answer is not stored', async () => {
    const { manager, authenticator } = await open()
    const controller = new AbortController()
    authenticator.hold('addAccount', { ignoresAbort: true })
    const asked = failureOf(manager.addAccount(TYPE, { name: 'ben', signal: controller.signal }))
    await authenticator.whenCalled('addAccount')
    controller.abort()
    expect(await asked).toMatchObject({ code: 'ERR_ABORTED', reason: 'caller' })
    expect(authenticator.callsOf('addAccount')[0]?.context.signal.aborted).toBe(true)
    authenticator.release()
    expect(await manager.getAccounts()).toHaveLength(1)
  })

  it('while the manager is closed ends with ERR_CLOSED or its like, and never with a foreign error', async () => {
    const { manager, authenticator } = await open()
    authenticator.hold('addAccount', { ignoresAbort: true })
    const asked = failureOf(manager.addAccount(TYPE, { name: 'ben' }))
    await authenticator.whenCalled('addAccount')
    const closing = manager.close()
    authenticator.release()
    expect(await asked).toMatchObject({ name: 'AccountError' })
    await closing
  })
})

describe('an authenticator that wants something opened', () => {
  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'ms-settings:x',
    'com.example.app:/x',
    'http://example.com/',
    'http://127.0.0.1.example.com/',
    'ftp://example.com/',
    'https://user:password@example.com/',
    'about:blank',
  ])('at %s is refused, and nothing is opened', async (url) => {
    const { manager, authenticator, interaction } = await open()
    authenticator.next('addAccount', async (_request, context) => {
      await context.interaction?.openBrowser?.({ url: new URL(url), signal: context.signal })
      return { name: 'ben' }
    })
    expect(await failureOf(manager.addAccount(TYPE))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(interaction.count()).toBe(0)
    expect(await manager.getAccounts()).toHaveLength(1)
  })

  it.each(['https://id.example.com/authorize', 'http://127.0.0.1:8080/', 'http://[::1]:8080/', 'http://localhost/'])(
    'at %s gets it',
    async (url) => {
      const { manager, authenticator, interaction } = await open()
      authenticator.next('addAccount', async (_request, context) => {
        await context.interaction?.openBrowser?.({ url: new URL(url), signal: context.signal })
        return { name: 'ben' }
      })
      await manager.addAccount(TYPE)
      expect(interaction.requestsOf('openBrowser').map(({ request }) => request.url.href)).toEqual([new URL(url).href])
    },
  )

  it('that is no URL is refused', async () => {
    const { manager, authenticator, interaction } = await open()
    authenticator.next('addAccount', async (_request, context) => {
      await context.interaction?.openBrowser?.({ url: 'https://example.com' as never, signal: context.signal })
      return { name: 'ben' }
    })
    expect(await failureOf(manager.addAccount(TYPE))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(interaction.count()).toBe(0)
  })

  it('for a device code has both its addresses checked', async () => {
    const { manager, authenticator, interaction } = await open()
    const code = { userCode: 'ABCD', expiresAt: 0, verificationUri: 'https://example.com/device' }
    authenticator.next(
      'addAccount',
      async (_request, context) => {
        await context.interaction?.showDeviceCode?.({
          ...code,
          verificationUri: 'javascript:1',
          signal: context.signal,
        })
        return { name: 'ben' }
      },
      async (_request, context) => {
        const request = { ...code, verificationUriComplete: 'file:///x', signal: context.signal }
        await context.interaction?.showDeviceCode?.(request)
        return { name: 'ben' }
      },
    )
    for (let n = 0; n < 2; n++) {
      expect(await failureOf(manager.addAccount(TYPE))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    }
    expect(interaction.count()).toBe(0)
  })
})

describe('an authenticator that is asked a question', () => {
  const ask = (manager: AccountManager, account: string) => manager.confirmCredentials(account, { password: 'first' })

  it.each<[string, unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['text', () => 'true'],
    ['a number', () => 1],
    ['an object', () => ({ value: true })],
  ])('and answers %s is told that this is no answer', async (_what, answer) => {
    const { manager, account, authenticator } = await open()
    authenticator.next('confirmCredentials', answer as never)
    expect(await failureOf(ask(manager, account.id))).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(await ask(manager, account.id)).toBe(true)
  })
})
