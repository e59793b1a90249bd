import { AccountError, type AccountManager } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { failureOf, invalidGrant, offline } from './support/failures.ts'
import { HOUR, MINUTE, open } from './support/renewing.ts'

describe('a grant that is refused', () => {
  it('is believed after the store was read again, and then nobody is asked any more (C-20)', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    authenticator.next('getAuthToken', invalidGrant())
    for (let call = 0; call < 3; call++) {
      expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
        code: 'ERR_INTERACTION_REQUIRED',
        reason: 'revoked_or_reused',
      })
    }
    await manager.close()
    clock.jump(1_000 * HOUR)
    const restarted = await another()
    expect(await failureOf(restarted.getAuthToken(account, 'mail'))).toMatchObject({ reason: 'revoked_or_reused' })
    expect(await restarted.getAccountInfo(account)).toMatchObject({ state: 'needs-reauth' })
    expect(await restarted.getPassword(account)).toBe('first')
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('but was replaced meanwhile by a program without leases, is tried with the new one (C-05)', async () => {
    const { manager, account, authenticator, another, sent } = await open()
    const other = await another()
    authenticator.next('getAuthToken', async () => {
      await other.setPassword(account, 'rotated by an old version')
      throw invalidGrant()
    })
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(sent()).toEqual(['first', 'rotated by an old version'])
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
  })

  it('is one refusal for a thousand callers (C-32)', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, () => failureOf(manager.getAuthToken(account, 'calendar'))),
    )
    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['ERR_INTERACTION_REQUIRED']))
    expect(authenticator.count('getAuthToken')).toBe(1)
  })

  it('is over when the person gives another credential', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', invalidGrant())
    await failureOf(manager.getAuthToken(account, 'calendar'))
    const recovered: string[] = []
    manager.on('account:recovered', ({ account: { name } }) => recovered.push(name))
    await manager.setPassword(account, 'typed')
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(recovered).toEqual(['ana@example.com'])
  })

  it('leaves a token that is still valid in use', async () => {
    const { manager, account, authenticator } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    authenticator.next('getAuthToken', invalidGrant())
    await failureOf(manager.getAuthToken(account, 'mail'))
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe(token.value)
  })
})

describe('a service that cannot be reached', () => {
  it('is left alone until it is due again, by every process', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    authenticator.next('getAuthToken', offline())
    const first = await manager.getAuthToken(account, 'calendar').catch((error: AccountError) => error)
    expect(first).toMatchObject({
      code: 'ERR_NETWORK',
      reason: 'offline',
      retryable: true,
      retryAt: expect.any(Number),
    })
    const other = await another()
    const second = await other.getAuthToken(account, 'mail').catch((error: AccountError) => error)
    expect(second).toMatchObject({ code: 'ERR_NETWORK', retryAt: (first as AccountError).retryAt })
    expect(authenticator.count('getAuthToken')).toBe(1)
    expect(await other.getAccountInfo(account)).toMatchObject({ state: 'degraded', reason: 'offline' })
    clock.jump(((first as AccountError).retryAt ?? 0) - clock.now())
    expect((await other.getAuthToken(account, 'mail')).value).toBe('token-1')
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
  })

  it('is waited for longer after each failure, and no longer than five minutes (C-21)', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.always('getAuthToken', new AccountError('ERR_SERVER', 'a bad day', { reason: 'server' }))
    const end = clock.now() + 2 * HOUR
    let longest = 0
    while (clock.now() < end) {
      const failure = await manager.getAuthToken(account, 'calendar').catch((error: AccountError) => error)
      const retryAt = failure instanceof AccountError ? (failure.retryAt ?? end) : end
      longest = Math.max(longest, retryAt - clock.now())
      clock.jump(retryAt - clock.now())
    }
    expect(longest).toBeLessThanOrEqual(5 * MINUTE)
    expect(authenticator.count('getAuthToken')).toBeLessThan(120)
    authenticator.always('getAuthToken', undefined)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(await manager.getPassword(account)).toBe('refresh-0')
  })

  it('that says when to come back is believed, also by other processes', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    const retryAt = clock.now() + 10 * MINUTE
    authenticator.next('getAuthToken', new AccountError('ERR_THROTTLED', 'slow down', { reason: 'throttled', retryAt }))
    await failureOf(manager.getAuthToken(account, 'calendar'))
    const other = await another()
    clock.jump(10 * MINUTE - 1)
    await expect(other.getAuthToken(account, 'calendar')).rejects.toMatchObject({ code: 'ERR_THROTTLED', retryAt })
    clock.jump(1)
    expect((await other.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('does not keep a token back that is still valid while the wait is on', async () => {
    const { manager, account, authenticator, clock } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    clock.jump(HOUR - 30_000)
    authenticator.next('getAuthToken', offline())
    await manager.getAuthToken(account, 'calendar').catch(() => undefined)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe(token.value)
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('does not keep a token back that is still valid at the first failure either', async () => {
    const { manager, account, authenticator, clock } = await open()
    const token = await manager.getAuthToken(account, 'calendar')
    clock.jump(HOUR - 30_000)
    authenticator.next('getAuthToken', offline())
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe(token.value)
  })

  it('is no reason to hand out a token that was refused', async () => {
    const { manager, account, authenticator, clock } = await open()
    await manager.getAuthToken(account, 'calendar')
    clock.jump(HOUR - 30_000)
    authenticator.next('getAuthToken', offline())
    expect(await failureOf(manager.getAuthToken(account, 'calendar', { forceRefresh: true }))).toMatchObject({
      code: 'ERR_NETWORK',
    })
  })
})

describe('states that only somebody else can end', () => {
  it('a misconfigured app is asked again after an hour, the account stays whole (C-24)', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.next('getAuthToken', new AccountError('ERR_MISCONFIGURED', 'invalid_client'))
    for (const type of ['calendar', 'mail']) {
      expect(await failureOf(manager.getAuthToken(account, type))).toMatchObject({ code: 'ERR_MISCONFIGURED' })
    }
    expect(authenticator.count('getAuthToken')).toBe(1)
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'misconfigured' })
    clock.jump(HOUR)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
  })

  it('a step-up keeps what it asks for', async () => {
    const { manager, account, authenticator, another } = await open()
    const challenge = { claims: '{"id_token":{}}', acrValues: ['phr'], maxAgeS: 5 }
    const error = new AccountError('ERR_INTERACTION_REQUIRED', 'once more', { reason: 'step_up', challenge })
    authenticator.next('getAuthToken', error)
    await failureOf(manager.getAuthToken(account, 'calendar'))
    const again = (await another()).getAuthToken(account, 'calendar')
    await expect(again).rejects.toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'step_up', challenge })
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'needs-interaction' })
  })

  it('another person’s tokens end the account’s own, once told', async () => {
    const { manager, account, authenticator } = await open()
    await manager.getAuthToken(account, 'calendar')
    const attention: unknown[] = []
    manager.on('account:attention', ({ reason }) => attention.push(reason))
    const error = new AccountError('ERR_INTERACTION_REQUIRED', 'somebody else', { reason: 'identity_changed' })
    authenticator.next('getAuthToken', error)
    await failureOf(manager.getAuthToken(account, 'mail'))
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'identity-changed' })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'identity_changed',
    })
    expect(attention).toEqual(['identity_changed'])
    expect(authenticator.count('getAuthToken')).toBe(2)
  })

  it('an account of another client is untouched', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', new AccountError('ERR_MISCONFIGURED', 'not ours', { reason: 'other-client' }))
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ reason: 'other-client' })
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'ok' })
  })
})

describe('attention', () => {
  const attentionOf = (manager: AccountManager): (string | undefined)[] => {
    const heard: (string | undefined)[] = []
    manager.on('account:attention', ({ reason }) => heard.push(reason))
    return heard
  }

  it('is asked for once per account, however many calls and processes ask', async () => {
    const { manager, account, authenticator, another } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const other = await another()
    const [one, two] = [attentionOf(manager), attentionOf(other)]
    for (const each of [manager, other, manager]) {
      await Promise.all(
        ['calendar', 'mail'].map((type) => failureOf(each.getAuthToken(account, type, { interaction: 'notify' }))),
      )
    }
    await manager.flush()
    await other.flush()
    expect([one, two]).toEqual([['revoked_or_reused'], ['revoked_or_reused']])
  })

  it('is asked for by nobody who did not want it', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const heard = attentionOf(manager)
    await failureOf(manager.getAuthToken(account, 'calendar'))
    expect(heard).toEqual([])
  })

  it('is asked for also when it was known before that the person is needed', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.always('getAuthToken', invalidGrant())
    const heard = attentionOf(manager)
    await failureOf(manager.getAuthToken(account, 'calendar'))
    await failureOf(manager.getAuthToken(account, 'calendar', { interaction: 'notify' }))
    await failureOf(manager.getAuthToken(account, 'calendar', { interaction: 'notify' }))
    expect(heard).toEqual(['revoked_or_reused'])
  })
})

describe('a key that the app takes away while a renewal is on its way', () => {
  it('does not lose the rotated credential', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    const asked = manager.getAuthToken(account, 'calendar').catch((error: AccountError) => error.code)
    await authenticator.whenCalled('getAuthToken')
    manager.lock()
    authenticator.release()
    await asked
    expect(await failureOf(manager.getPassword(account))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
    await manager.unlock()
    expect(await manager.getPassword(account)).toBe('refresh-0')
  })
})

describe('closing', () => {
  it('waits for a renewal that is on its way', async () => {
    const { manager, account, authenticator, another } = await open()
    authenticator.hold('getAuthToken')
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    const closing = manager.close()
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    await closing
    expect(await (await another()).getPassword(account)).toBe('refresh-0')
  })

  it('refuses what comes afterwards', async () => {
    const { manager, account } = await open()
    await manager.close()
    await manager.close()
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_CLOSED' })
    expect(() => manager.getAuthenticatorTypes()).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })
})
