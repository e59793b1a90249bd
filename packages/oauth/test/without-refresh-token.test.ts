import { describe, expect, it } from 'vitest'
import { errorOf } from './context.ts'
import { openScriptedWorld, type ScriptedWorld } from './support/scripted-world.ts'

const tokenTypes = {
  api: { scopes: ['api'], origins: ['https://api.example'] },
  identity: { scopes: [], kind: 'id_token' },
  partner: {
    scopes: ['partner'],
    exchange: { audience: 'https://partner.example' },
    origins: ['https://partner.example'],
  },
} as const

const signedIn = { body: { access_token: 'at-own', token_type: 'Bearer', scope: 'api partner' } }

async function signIn(quirks = {}): Promise<ScriptedWorld & { id: string }> {
  const world = await openScriptedWorld({ tokenTypes, quirks }, [signedIn])
  const { id } = await world.manager.addAccount('com.example')
  return Object.assign(world, { id })
}

describe.each([
  ['that gave no refresh token', {}],
  ['that never gives one', { passwordIsToken: true }],
])('a service %s', (_which, quirks) => {
  it('gives its access token for what it is for', async () => {
    await using world = await signIn(quirks)
    expect((await world.manager.getAuthToken(world.id, 'api')).value).toBe('at-own')
    expect(world.tokenRequests()).toHaveLength(1)
  })

  it('does not give its access token in the place of an ID token', async () => {
    await using world = await signIn(quirks)
    const error = await errorOf(world.manager.getAuthToken(world.id, 'identity'))
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', action: 'sign-in' })
    // The rest of the account is as good as before.
    expect((await world.manager.getAuthToken(world.id, 'api')).value).toBe('at-own')
  })

  it('exchanges its access token for that of another audience, which never sees the first', async () => {
    await using world = await signIn(quirks)
    const exchanged = { access_token: 'at-partner', token_type: 'Bearer', issued_token_type: 'urn:x', expires_in: 60 }
    world.server.script('/token', { body: exchanged })
    expect((await world.manager.getAuthToken(world.id, 'partner')).value).toBe('at-partner')
    expect(Object.fromEntries(world.tokenRequests().at(-1) ?? [])).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'at-own',
      audience: 'https://partner.example',
    })
  })
})

describe('an access token that is the password', () => {
  it('is not given for a resource that the sign-in did not ask for', async () => {
    const types = { one: { scopes: ['api'], resource: 'https://one.example' } }
    await using world = await openScriptedWorld({ tokenTypes: types }, [signedIn])
    const account = await world.manager.addAccount('com.example')
    const other = { scopes: ['api'], resource: 'https://two.example' }
    expect(await errorOf(world.manager.getAuthToken(account, other))).toMatchObject({ code: 'ERR_SCOPE_NOT_GRANTED' })
    expect((await world.manager.getAuthToken(account, 'one')).value).toBe('at-own')
  })
})
