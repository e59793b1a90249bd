import { describe, expect, it, vi } from 'vitest'
import { errorOf } from './context.ts'
import { openScriptedWorld } from './support/scripted-world.ts'

const renewed = { access_token: 'at-late', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt-late' }

describe('an account that is removed while its token is renewed (C-19)', () => {
  it.each([
    ['the new refresh token', renewed, 'rt-late'],
    ['the access token where there is no new one', { ...renewed, refresh_token: undefined }, 'at-late'],
  ])('has %s ended at the service, however late the answer comes', async (_what, body, ended) => {
    const release = Promise.withResolvers<void>()
    await using world = await openScriptedWorld({}, [{ body, hold: release.promise }])
    world.server.script('/revoke', { body: '' })
    const revoked = () => world.server.requestsTo('/revoke').map((request) => request.body.get('token'))
    const account = await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'rt-0' })
    const asking = errorOf(world.manager.getAuthToken(account, 'any'))
    await vi.waitFor(() => expect(world.tokenRequests()).toHaveLength(1))
    expect(await world.manager.removeAccount(account)).toBe('removed')
    expect(await asking).toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
    release.resolve()
    await vi.waitFor(() => expect(revoked().sort()).toEqual([ended, 'rt-0'].sort()))
    expect(await world.manager.getAccounts()).toEqual([])
  })
})

describe('a renewal that takes longer than the manager waits', () => {
  it('still saves the refresh token that it brings, so that the account lives on at a strict service', async () => {
    const release = Promise.withResolvers<void>()
    await using world = await openScriptedWorld({}, [
      { body: renewed, hold: release.promise },
      { body: { ...renewed, access_token: 'at-next', refresh_token: 'rt-next' } },
    ])
    const manager = await world.tests.reopen({ timeouts: { authenticatorMs: 1_000 } })
    const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'rt-0' })
    const asking = errorOf(manager.getAuthToken(account, 'any'))
    await vi.waitFor(() => expect(world.tokenRequests()).toHaveLength(1))
    await world.clock.advance(1_000)
    expect(await asking).toMatchObject({ code: 'ERR_AUTHENTICATOR_TIMEOUT' })
    release.resolve()
    await vi.waitFor(async () => expect(await manager.getPassword(account)).toBe('rt-late'))
    await world.clock.advance(300_000)
    expect((await manager.getAuthToken(account, 'any')).value).toBe('at-next')
    expect(world.tokenRequests().map((body) => body.get('refresh_token'))).toEqual(['rt-0', 'rt-late'])
  })
})
