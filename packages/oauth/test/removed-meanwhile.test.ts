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
