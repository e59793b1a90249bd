import { AccountError, type GetAuthTokenOptions } from '@accountry/accounts'
import { createFakeAuthenticator, type FakeAuthenticatorScript } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'

const needsPerson = () => new AccountError('ERR_INTERACTION_REQUIRED', 'sign in', { reason: 'login_required' })

async function oneAccount(script: FakeAuthenticatorScript = {}) {
  const authenticator = createFakeAuthenticator(script)
  const manager = await openManager({
    authenticators: [authenticator],
    interaction: { openBrowser: () => browser.promise },
  })
  const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
  const browser = Promise.withResolvers<void>()
  const get = (options: GetAuthTokenOptions = {}) => manager.getAuthToken(account, 't', options)
  return { authenticator, manager, account, get, browser }
}

describe('a call that joins another’s renewal', () => {
  it('raises attention when it wants the person to be told, whatever the first one wanted (T422)', async () => {
    const { authenticator, manager, get } = await oneAccount()
    let raised = 0
    manager.on('account:attention', () => raised++)
    authenticator.hold('getAuthToken')
    authenticator.next('getAuthToken', needsPerson())
    const both = [failureOf(get()), failureOf(get({ interaction: 'notify' }))]
    await authenticator.whenCalled('getAuthToken')
    authenticator.release()
    expect((await Promise.all(both)).map(({ code }) => code)).toEqual(new Array(2).fill('ERR_INTERACTION_REQUIRED'))
    expect(raised).toBe(1)
  })

  it('goes on with the person when it may, and the first one may not', async () => {
    const { authenticator, get } = await oneAccount()
    authenticator.hold('getAuthToken')
    authenticator.always('getAuthToken', (async (_request: unknown, context: { interaction?: unknown }) => {
      if (context.interaction === undefined) throw needsPerson()
      return { value: 'from the person' }
    }) as never)
    const silent = failureOf(get())
    const allowed = get({ interaction: 'allow' })
    await authenticator.whenCalled('getAuthToken')
    authenticator.release()
    expect(await silent).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED' })
    expect((await allowed).value).toBe('from the person')
  })

  it('does not wait for a person when it may not ask one, also for another type of token', async () => {
    const { authenticator, manager, account, get, browser } = await oneAccount()
    authenticator.next('getAuthToken', (async (
      _request: unknown,
      context: { interaction?: { openBrowser(r: object): Promise<void> }; signal: AbortSignal },
    ) => {
      await context.interaction?.openBrowser({ url: new URL('https://a.example/'), signal: context.signal })
      return { value: 'from the person' }
    }) as never)
    const allowed = get({ interaction: 'allow' })
    await authenticator.whenCalled('getAuthToken')
    const others = [failureOf(get()), failureOf(manager.getAuthToken(account, 'other'))]
    expect((await Promise.all(others)).map(({ code }) => code)).toEqual(new Array(2).fill('ERR_INTERACTION_REQUIRED'))
    browser.resolve()
    expect((await allowed).value).toBe('from the person')
    expect((await get()).value).toBe('from the person')
  })

  it('waits for a renewal that might ask a person, but does not', async () => {
    const { authenticator, get } = await oneAccount()
    authenticator.hold('getAuthToken')
    const both = [get({ interaction: 'allow' }), get()]
    await authenticator.whenCalled('getAuthToken')
    authenticator.release()
    const values = (await Promise.all(both)).map(({ value }) => value)
    expect([new Set(values).size, authenticator.count('getAuthToken')]).toEqual([1, 1])
  })
})

describe('options of a token', () => {
  it('are what they were when they were given, for the authenticator and for the cache', async () => {
    const { authenticator, get } = await oneAccount()
    const options: Record<string, unknown> = { tenant: 'A', nested: { x: 1 } }
    const first = get({ options })
    options['tenant'] = 'B'
    const { value } = await first
    const [call] = authenticator.callsOf('getAuthToken')
    const seen = call?.request.options as { tenant: string; nested: { x: number } }
    expect(seen).toEqual({ tenant: 'A', nested: { x: 1 } })
    seen.nested.x = 2
    expect(options['nested']).toEqual({ x: 1 })
    expect((await get({ options: { tenant: 'A', nested: { x: 1 } } })).value).toBe(value)
    expect((await get({ options: { tenant: 'B', nested: { x: 1 } } })).value).not.toBe(value)
  })
})

describe('a credential', () => {
  it('may be replaced more than once in any call of an authenticator, and the last one counts', async () => {
    const { authenticator, manager, account } = await oneAccount({ canConfirm: true })
    authenticator.next('confirmCredentials', (async (
      _request: unknown,
      context: { replaceCredential(u: object): Promise<unknown> },
    ) => {
      await context.replaceCredential({ password: 'one' })
      await context.replaceCredential({ password: 'two' })
      return true
    }) as never)
    expect(await manager.confirmCredentials(account)).toBe(true)
    expect(await manager.getPassword(account)).toBe('two')
  })
})
