import { AccountError } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock, createFakeKeyProvider } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { openManager, TYPE } from './support/managers.ts'
import { settle } from './support/settle.ts'
import { tempFolder } from './support/temp-folder.ts'

const ANA = { type: TYPE, name: 'ana@example.com' }
const MINUTE = 60_000
const unreachable = () => new AccountError('ERR_NETWORK', 'no way', { reason: 'offline' })

function open(options: Parameters<typeof createFakeAuthenticator>[0] = { canRevoke: true }) {
  const [authenticator, clock, directory] = [createFakeAuthenticator(options), createFakeClock(), tempFolder()]
  const manager = () => openManager({ authenticators: [authenticator], clock, directory })
  return { authenticator, clock, directory, manager }
}

describe('the credential of an account that was removed', () => {
  it('is revoked at the service, after the account is gone here', async () => {
    const { authenticator, manager } = open()
    const one = await manager()
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.next('revoke', async () => {
      expect(await one.getAccounts()).toEqual([])
    })
    await one.removeAccountExplicitly(account)
    await authenticator.whenCalled('revoke')
    const [call] = authenticator.callsOf('revoke')
    expect([call?.request, call?.context.credential.password]).toEqual([account, 'p'])
  })

  it('keeps nobody waiting', async () => {
    const { authenticator, manager } = open()
    const one = await manager()
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.hold('revoke')
    expect(await one.removeAccount(account)).toBe('removed')
    expect(await one.getAccounts()).toEqual([])
    authenticator.release()
  })

  it('waits while the service cannot be reached, and is sent by who opens the vault next', async () => {
    const { authenticator, clock, manager } = open()
    const one = await manager()
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.next('revoke', unreachable())
    await one.removeAccountExplicitly(account)
    await authenticator.whenCalled('revoke')
    await one.close()
    clock.jump(MINUTE)
    await manager()
    await authenticator.whenCalled('revoke', 2)
    expect(authenticator.callsOf('revoke')[1]?.context.credential.password).toBe('p')
    await settle()
    clock.jump(MINUTE)
    await (await manager()).close()
    expect(authenticator.count('revoke')).toBe(2)
  })

  it('waits as long as the service asks, and no longer than an hour', async () => {
    const { authenticator, clock, manager } = open()
    const busyUntil = (ms: number) => new AccountError('ERR_THROTTLED', 'busy', { retryAt: clock.now() + ms })
    const one = await manager()
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.next('revoke', busyUntil(50 * MINUTE))
    await one.removeAccountExplicitly(account)
    await authenticator.whenCalled('revoke')
    await one.close()
    clock.jump(49 * MINUTE)
    await (await manager()).close()
    expect(authenticator.count('revoke')).toBe(1)
    clock.jump(MINUTE)
    authenticator.next('revoke', busyUntil(1_000 * 60 * MINUTE))
    const two = await manager()
    await authenticator.whenCalled('revoke', 2)
    await two.close()
    clock.jump(60 * MINUTE)
    await manager()
    await authenticator.whenCalled('revoke', 3)
  })

  it('that the service refuses to revoke is not sent again', async () => {
    const { authenticator, clock, manager } = open()
    const one = await manager()
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.next('revoke', new AccountError('ERR_MISCONFIGURED', 'unknown client'))
    await one.removeAccountExplicitly(account)
    await authenticator.whenCalled('revoke')
    await one.close()
    clock.jump(MINUTE)
    await (await manager()).close()
    expect(authenticator.count('revoke')).toBe(1)
  })

  it('is forgotten after a week', async () => {
    const { authenticator, clock, manager } = open()
    authenticator.always('revoke', unreachable())
    const one = await manager()
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    await one.removeAccountExplicitly(account)
    await authenticator.whenCalled('revoke')
    await one.close()
    clock.jump(8 * 24 * 60 * MINUTE)
    await (await manager()).close()
    clock.jump(MINUTE)
    await (await manager()).close()
    expect(authenticator.count('revoke')).toBe(1)
  })

  it('is sent by one of several', async () => {
    const { authenticator, clock, manager } = open()
    const one = await manager()
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    authenticator.next('revoke', unreachable())
    await one.removeAccountExplicitly(account)
    await authenticator.whenCalled('revoke')
    await one.close()
    clock.jump(MINUTE)
    const opened = await Promise.all([manager(), manager(), manager()])
    await authenticator.whenCalled('revoke', 2)
    for (const each of opened) await each.close()
    expect(authenticator.count('revoke')).toBe(2)
  })

  it('waits while the vault is locked', async () => {
    const { authenticator, clock, directory } = open()
    const keyProvider = createFakeKeyProvider()
    const options = { authenticators: [authenticator], clock, directory, keyProvider }
    const one = await openManager(options)
    const account = await one.addAccountExplicitly(ANA, { password: 'p' })
    await one.close()
    keyProvider.always = 'locked'
    const locked = await openManager(options)
    await locked.removeAccountExplicitly(account)
    await locked.close()
    expect(authenticator.count('revoke')).toBe(0)
    keyProvider.always = undefined
    await openManager(options)
    await authenticator.whenCalled('revoke')
    expect(authenticator.callsOf('revoke')[0]?.context.credential.password).toBe('p')
  })

  it('is nobody’s business where the authenticator cannot revoke', async () => {
    const { clock, manager, directory } = open({})
    const one = await manager()
    await one.removeAccountExplicitly(await one.addAccountExplicitly(ANA, { password: 'p' }))
    await one.close()
    clock.jump(MINUTE)
    const later = createFakeAuthenticator({ canRevoke: true })
    await (await openManager({ authenticators: [later], clock, directory })).close()
    expect(later.count()).toBe(0)
  })
})
