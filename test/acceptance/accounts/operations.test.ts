import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AccountError } from '@accountry/accounts'
import { answersTwice, createFakeInteraction, neverAnswers, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, BEN, TYPE } from './support/example.ts'
import { continuationOf, outcomeOf, settle } from './support/outcome.ts'

const MINUTE = 60_000

describe('what an authenticator may answer', () => {
  it('T374, T375 a token that names another type or another account is not stored there', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const other = await world.manager.addAccountExplicitly(BEN)
    world.authenticator.next('getAuthToken', { value: 'x', account: other, accountType: 'com.example.other' } as never)
    expect(await world.manager.getAuthToken(account, 'calendar')).toMatchObject({ value: 'x', account })
    expect(await world.manager.peekAuthToken(other, 'calendar')).toBeUndefined()
    expect((await world.manager.getAccounts()).length).toBe(2)
  })

  it('T376 an error beside an answer: what is thrown is the answer', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next('getAuthToken', async (_request, context) => {
      await context.interaction?.openBrowser?.({ url: new URL('https://id.example.com/'), signal: context.signal })
      throw new AccountError('ERR_SCOPE_NOT_GRANTED', 'the person unticked it')
    })
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar', { interaction: 'allow' }))).toBe(
      'ERR_SCOPE_NOT_GRANTED',
    )
    world.authenticator.next('getAuthToken', { value: 'x', errorCode: 9 } as never)
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe('x')
  })

  it('T377 nothing is no answer; an answer that comes later is one', async () => {
    await using world = await openTestManager()
    for (const nothing of [() => null, () => undefined]) {
      world.authenticator.next('addAccount', nothing as never)
      expect(await outcomeOf(world.manager.addAccount(TYPE))).toBe('ERR_INVALID_RESPONSE')
    }
    world.authenticator.hold('addAccount')
    const later = world.manager.addAccount(TYPE, { name: ANA.name })
    await world.authenticator.whenCalled('addAccount', 3)
    await settle()
    world.authenticator.release()
    expect(await later).toMatchObject(ANA)
  })

  it('T378 the first of two answers counts, and the second throws nothing at the authenticator', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.next('getAuthToken', answersTwice({ value: 'first' }, { value: 'second' }))
    expect((await world.manager.getAuthToken(account, 'calendar')).value).toBe('first')
    expect((await world.manager.peekAuthToken(account, 'calendar'))?.value).toBe('first')
  })

  it('T380 a person who cancels, a caller who gives up and somebody who forbids are told apart', async () => {
    await using world = await openTestManager()
    const controller = new AbortController()
    world.authenticator.next(
      'addAccount',
      new AccountError('ERR_INTERACTION_CANCELED', 'the person closed the window'),
      new AccountError('ERR_DENIED', 'the administrator forbids it', { reason: 'access_denied' }),
      neverAnswers,
    )
    const [first, second] = [
      await outcomeOf(world.manager.addAccount(TYPE)),
      await outcomeOf(world.manager.addAccount(TYPE)),
    ]
    const third = outcomeOf(world.manager.addAccount(TYPE, { signal: controller.signal }))
    await world.authenticator.whenCalled('addAccount', 3)
    controller.abort()
    expect([first, second, await third]).toEqual([
      'ERR_INTERACTION_CANCELED',
      'ERR_DENIED access_denied',
      'ERR_ABORTED caller',
    ])
  })

  it('T381 a TypeError of an authenticator arrives as a rejection with a code, never as the caller’s mistake', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.always('getAuthToken', () => {
      throw new TypeError('bad arguments')
    })
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ERR_AUTHENTICATOR_FAILED')
  })

  it('T382 an authenticator that always wants it tried again is tried a bounded number of times', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    world.authenticator.always('getAuthToken', Object.assign(new Error('again'), { code: 'ECONNRESET' }))
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ERR_NETWORK ambiguous')
    expect(world.authenticator.count('getAuthToken')).toBe(2)
    world.authenticator.always('getAuthToken', new AccountError('ERR_ABORTED', 'again', { reason: 'superseded' }))
    world.clock.jump(10 * MINUTE)
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ERR_ABORTED superseded')
    expect(world.authenticator.count('getAuthToken')).toBeLessThanOrEqual(2 + 3)
  })
})

describe('how an operation lives and ends', () => {
  it('T386 a caller who gives up ends a sign-in: the signal fires, a late answer is neither stored nor given', async () => {
    await using world = await openTestManager()
    const controller = new AbortController()
    world.authenticator.hold('addAccount', { ignoresAbort: true })
    const call = world.manager.addAccount(TYPE, { name: ANA.name, signal: controller.signal })
    const outcome = outcomeOf(call)
    await world.authenticator.whenCalled('addAccount')
    controller.abort()
    expect(await outcome).toBe('ERR_ABORTED caller')
    expect(world.authenticator.callsOf('addAccount')[0]?.context.signal.aborted).toBe(true)
    world.authenticator.release()
    await settle()
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T387 an authenticator that breaks hurts nobody else, and the next call works', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const other = await world.manager.addAccountExplicitly(BEN)
    world.authenticator.next('getAuthToken', new Error('crashed'))
    const calls = await Promise.all(
      [account, other].map((each) => outcomeOf(world.manager.getAuthToken(each, 'calendar'))),
    )
    expect(calls.sort()).toEqual(['ERR_AUTHENTICATOR_FAILED', 'ok'])
    expect(await outcomeOf(world.manager.getAuthToken(account, 'calendar'))).toBe('ok')
  })

  it('T388 many callers of the same token share one call; when it fails all fail, and the next call tries again', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const many = () =>
      Promise.allSettled(Array.from({ length: 20 }, () => world.manager.getAuthToken(account, 'calendar')))
    world.authenticator.next('getAuthToken', new Error('broken'))
    expect(new Set((await many()).map(({ status }) => status))).toEqual(new Set(['rejected']))
    const good = await many()
    expect(new Set(good.map((each) => (each.status === 'fulfilled' ? each.value.value : 'rejected')))).toEqual(
      new Set(['token-1']),
    )
    expect(world.authenticator.count('getAuthToken')).toBe(2)
  })

  it('T389 one of many who gives up leaves the others their token', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA)
    const controller = new AbortController()
    world.authenticator.hold('getAuthToken')
    const gone = outcomeOf(world.manager.getAuthToken(account, 'calendar', { signal: controller.signal }))
    const others = [1, 2].map(() => outcomeOf(world.manager.getAuthToken(account, 'calendar')))
    await world.authenticator.whenCalled('getAuthToken')
    controller.abort()
    expect(await gone).toBe('ERR_ABORTED caller')
    world.authenticator.release()
    expect(await Promise.all(others)).toEqual(['ok', 'ok'])
    expect(world.authenticator.count('getAuthToken')).toBe(1)
  })

  it('T390 an account that is removed meanwhile: ERR_ACCOUNT_NOT_FOUND, and the token is not stored', async () => {
    await using world = await openTestManager({ authenticator: { rotates: true } })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    world.authenticator.hold('getAuthToken', { ignoresAbort: true })
    const call = outcomeOf(world.manager.getAuthToken(account, 'calendar'))
    await world.authenticator.whenCalled('getAuthToken')
    await world.manager.removeAccountExplicitly(account)
    world.authenticator.release()
    expect(await call).toBe('ERR_ACCOUNT_NOT_FOUND')
    expect(await world.manager.getAccounts()).toEqual([])
    await settle()
    using database = new DatabaseSync(join(world.directory, 'vault.db'), { readOnly: true })
    const rows = ['token', 'sealed'].map((table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
    expect(rows).toEqual([0, 0])
  })
})

describe('a promise, where Android has a future, a callback and a handler', () => {
  it('T5, T28, T40, T41, T52, T54, T56, T68, T69, T70, T78, T80, T95, T96, T350 runs its continuation once, afterwards, with the result', async () => {
    const script = { canStartSessions: true, canUpdate: true, canConfirm: true, canEdit: true, features: ['f1'] }
    await using world = await openTestManager({ authenticator: script })
    const { manager } = world
    const account = await manager.addAccount(TYPE, { name: ANA.name })
    const sessions = [await manager.startAddAccountSession(TYPE), await manager.startUpdateCredentialsSession(account)]
    const calls: (() => Promise<unknown>)[] = [
      () => manager.addAccount(TYPE, { name: BEN.name }),
      () => manager.getAuthToken(account, 'calendar'),
      () => manager.getAuthTokenByFeatures(TYPE, 'calendar', ['f1'], { interaction: 'allow' }),
      () => manager.hasFeatures(account, ['f1']),
      () => manager.getAccountsByTypeAndFeatures(TYPE, ['f1']),
      () => manager.confirmCredentials(account, { password: 'x' }),
      () => manager.updateCredentials(account),
      () => manager.editProperties(TYPE),
      () => manager.startAddAccountSession(TYPE),
      () => manager.startUpdateCredentialsSession(account),
      ...sessions.map(
        ({ session }) =>
          () =>
            manager.finishSession(session),
      ),
      () => manager.isCredentialsUpdateSuggested(account, 'x'),
      () => manager.removeAccount(account),
    ]
    for (const start of calls) {
      const call = start()
      const [one, other] = [continuationOf(call), continuationOf(call)]
      expect([one.results, one.errors]).toEqual([[], []])
      const result = await call
      await settle()
      expect([one, other]).toEqual([
        { results: [result], errors: [] },
        { results: [result], errors: [] },
      ])
    }
  })

  it('T71, T81, T98, T104 runs its continuation once with the error', async () => {
    await using world = await openTestManager({ authenticator: { canStartSessions: true, canConfirm: true } })
    const { manager, authenticator } = world
    const account = await manager.addAccountExplicitly(ANA)
    const { session } = await manager.startAddAccountSession(TYPE)
    const error = new AccountError('ERR_SERVER', 'a bad day')
    for (const [method, start] of [
      ['startAddAccountSession', () => manager.startAddAccountSession(TYPE)],
      ['startUpdateCredentialsSession', () => manager.startUpdateCredentialsSession(account)],
      ['finishSession', () => manager.finishSession(session)],
      ['isCredentialsUpdateSuggested', () => manager.isCredentialsUpdateSuggested(account, 'x')],
      ['confirmCredentials', () => manager.confirmCredentials(account)],
    ] as const) {
      authenticator.next(method, error)
      const call = start()
      const continuation = continuationOf<unknown>(call)
      await outcomeOf(call)
      await settle()
      expect(continuation.results).toEqual([])
      expect(continuation.errors).toMatchObject([{ code: 'ERR_SERVER', message: 'a bad day' }])
    }
  })

  it('can be given up by its caller while it waits', async () => {
    const interaction = createFakeInteraction()
    await using world = await openTestManager({ authenticator: { canConfirm: true }, interaction })
    const account = await world.manager.addAccountExplicitly(ANA)
    const controller = new AbortController()
    interaction.hold('promptCredentials')
    const call = outcomeOf(world.manager.confirmCredentials(account, { signal: controller.signal }))
    await interaction.whenAsked('promptCredentials')
    controller.abort()
    expect(await call).toBe('ERR_ABORTED caller')
  })
})
