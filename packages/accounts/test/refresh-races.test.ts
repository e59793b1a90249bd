import { AccountError, type CredentialContext } from '@accountry/accounts'
import { neverAnswers } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { brokenConnection, failureOf, invalidGrant } from './support/failures.ts'
import { MINUTE, open, rotatingTo } from './support/renewing.ts'
import { settle } from './support/settle.ts'

describe('the person who changes an account during a renewal', () => {
  it('by a new password wins: the late answer is not stored, and is asked for once more', async () => {
    const { manager, account, authenticator, sent } = await open()
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    let late: unknown
    authenticator.next('getAuthToken', async (_request, context) => {
      late = await failureOf(context.replaceCredential({ password: 'late' }))
      throw new AccountError('ERR_ABORTED', 'superseded', { reason: 'superseded' })
    })
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.setPassword(account, 'typed')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    expect(late).toMatchObject({ code: 'ERR_ABORTED', reason: 'superseded' })
    expect(sent()).toEqual(['first', 'typed'])
    expect(await manager.getPassword(account)).toBe('refresh-0')
  })

  it('by a new password wins also over a service that does not rotate', async () => {
    const { manager, account, authenticator, sent } = await open({})
    authenticator.hold('getAuthToken')
    authenticator.next('getAuthToken', { value: 'of the old password' })
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.setPassword(account, 'typed')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    expect(sent()).toEqual(['first', 'typed'])
  })

  it('does not wait for it', async () => {
    const { manager, account, authenticator } = await open({ rotates: true, canUpdate: true })
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await manager.setPassword(account, 'typed')
    await manager.updateCredentials(account)
    expect(await manager.removeAccount(account)).toBe('removed')
    authenticator.release()
    expect(await asked).toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
  })

  it('by signing in again wins', async () => {
    const { manager, account, authenticator } = await open({ rotates: true, canUpdate: true })
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    authenticator.next('getAuthToken', rotatingTo('late', 'late token'))
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.updateCredentials(account)
    const signedIn = await manager.getPassword(account)
    authenticator.release()
    expect((await asked).value).not.toBe('late token')
    expect([signedIn, await manager.getPassword(account)]).not.toContain('late')
  })

  it('in another process wins as well', async () => {
    const { manager, account, authenticator, another } = await open()
    const other = await another()
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    authenticator.next('getAuthToken', rotatingTo('late', 'late token'))
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await other.setPassword(account, 'typed')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
  })

  it('by removing it wins: nothing is stored, nothing comes back (C-19)', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken', { ignoresAbort: true })
    let late: unknown
    authenticator.next('getAuthToken', async (_request, context) => {
      late = await failureOf(context.replaceCredential({ password: 'late' }))
      return { value: 'late' }
    })
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await manager.removeAccountExplicitly(account)
    authenticator.release()
    expect(await asked).toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
    expect(late).toMatchObject({ code: 'ERR_ABORTED', reason: 'account_removed' })
    expect(await manager.getAccounts()).toEqual([])
  })

  it('by removing it aborts what the authenticator is doing', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await manager.removeAccountExplicitly(account)
    await settle()
    const { aborted } = authenticator.callsOf('getAuthToken')[0]?.context.signal ?? {}
    authenticator.release()
    await asked
    expect(aborted).toBe(true)
  })

  it('by renaming it changes nothing for the renewal, and the token belongs to the new name', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.hold('getAuthToken')
    const asked = manager.getAuthToken(account, 'calendar')
    await authenticator.whenCalled('getAuthToken')
    await manager.renameAccount(account, 'anna')
    authenticator.release()
    expect((await asked).value).toBe('token-1')
    expect(authenticator.count('getAuthToken')).toBe(1)
    expect((await manager.getAuthToken(account, 'calendar')).account.name).toBe('anna')
  })

  it('again and again does not make the renewal go on for ever', async () => {
    const { manager, account, authenticator } = await open({})
    authenticator.always('getAuthToken', async () => {
      await manager.setPassword(account, 'typed')
      return { value: 'x' }
    })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      code: 'ERR_ABORTED',
      reason: 'superseded',
    })
    expect(authenticator.count('getAuthToken')).toBeLessThanOrEqual(3)
  })
})

describe('an answer that was lost on the way', () => {
  it('is asked for once more at once, with the same credential (C-15)', async () => {
    const { manager, account, authenticator, sent } = await open()
    authenticator.next('getAuthToken', brokenConnection())
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect(sent()).toEqual(['first', 'first'])
  })

  it('is asked for once more and not more often', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.next('getAuthToken', brokenConnection(), brokenConnection())
    const failure = failureOf(manager.getAuthToken(account, 'calendar'))
    expect(await failure).toMatchObject({ code: 'ERR_NETWORK', reason: 'ambiguous' })
    expect(authenticator.count('getAuthToken')).toBe(2)
    expect((await manager.getAccountInfo(account)).state).toBe('degraded')
    clock.jump(5 * MINUTE)
    expect((await manager.getAuthToken(account, 'calendar')).value).toBe('token-1')
    expect((await manager.getAccountInfo(account)).state).toBe('ok')
  })

  it('and refused afterwards means that it was lost, not that somebody revoked it', async () => {
    const { manager, account, authenticator } = await open()
    authenticator.next('getAuthToken', brokenConnection(), invalidGrant())
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
      reason: 'rotation_response_lost',
    })
    expect(await manager.getAccountInfo(account)).toMatchObject({
      state: 'needs-reauth',
      reason: 'rotation_response_lost',
    })
  })

  it('and refused minutes later, by another manager, still means that', async () => {
    const { manager, account, authenticator, another, clock } = await open()
    authenticator.next('getAuthToken', brokenConnection(), brokenConnection(), invalidGrant())
    await failureOf(manager.getAuthToken(account, 'calendar'))
    await manager.close()
    clock.jump(5 * MINUTE)
    expect(await failureOf((await another()).getAuthToken(account, 'calendar'))).toMatchObject({
      reason: 'rotation_response_lost',
    })
  })

  it('after the rotated credential was saved is no longer in doubt', async () => {
    const { manager, account, authenticator, sent } = await open()
    authenticator.next('getAuthToken', async (_request, context) => {
      await context.replaceCredential({ password: 'second' })
      throw brokenConnection()
    })
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code: 'ERR_NETWORK' })
    expect(sent()).toEqual(['first'])
    expect(await manager.getPassword(account)).toBe('second')
  })

  it('keeps its doubt while only what lies beside the credential changes', async () => {
    const { manager, account, authenticator, clock } = await open()
    const noting = async (_request: unknown, context: CredentialContext) => {
      await context.replaceCredential({ fields: { noted: 'x' } })
      throw new AccountError('ERR_SERVER', 'busy', { reason: 'server' })
    }
    authenticator.next('getAuthToken', brokenConnection(), brokenConnection(), noting, invalidGrant())
    for (const code of ['ERR_NETWORK', 'ERR_SERVER']) {
      expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({ code })
      clock.jump(5 * MINUTE)
    }
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      reason: 'rotation_response_lost',
    })
  })

  it('because the authenticator did not answer in time leaves the same doubt', async () => {
    const { manager, account, authenticator, clock } = await open()
    authenticator.next('getAuthToken', neverAnswers, invalidGrant())
    const asked = failureOf(manager.getAuthToken(account, 'calendar'))
    await authenticator.whenCalled('getAuthToken')
    await clock.advance(MINUTE)
    expect(await asked).toMatchObject({ code: 'ERR_AUTHENTICATOR_TIMEOUT' })
    clock.jump(5 * MINUTE)
    expect(await failureOf(manager.getAuthToken(account, 'calendar'))).toMatchObject({
      reason: 'rotation_response_lost',
    })
  })
})
