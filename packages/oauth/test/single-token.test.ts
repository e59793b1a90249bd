import { describe, expect, it } from 'vitest'
import type { ScriptedAnswer } from './scripted-server.ts'
import { openScriptedWorld } from './support/scripted-world.ts'

const tokenTypes = { notes: { scopes: ['notes'] }, mail: { scopes: ['mail'] } }

/** One access token after the other, and nothing about scopes (RFC 6749 §5.1 allows that). */
function answers(scope?: string): ScriptedAnswer[] {
  return [1, 2, 3, 4, 5].map((each) => ({
    body: { access_token: `at-${each}`, token_type: 'Bearer', expires_in: 3600, refresh_token: `rt-${each}`, scope },
  }))
}

describe('a service that ends the old access token when it issues a new one', () => {
  it.each([{}, { refreshScope: 'omit' as const }])(
    'is asked once for all types, whatever it says of scopes %j',
    async (more) => {
      const quirks = { accessTokens: 'single' as const, ...more }
      await using world = await openScriptedWorld({ tokenTypes, quirks }, answers())
      const account = await world.manager.addAccountExplicitly(
        { type: 'com.example', name: 'ana' },
        { password: 'rt-0' },
      )
      const values = []
      for (const type of ['notes', 'mail', 'notes', 'mail']) {
        values.push((await world.manager.getAuthToken(account, type)).value)
      }
      expect(values).toEqual(['at-1', 'at-1', 'at-1', 'at-1'])
      expect(world.tokenRequests().map((body) => body.get('scope'))).toEqual([null])
    },
  )

  it('serves with one token what the person granted, and no more', async () => {
    const quirks = { accessTokens: 'single' as const }
    const [first, ...later] = answers()
    await using world = await openScriptedWorld({ tokenTypes, quirks }, [
      { body: { ...(first?.body as object), scope: 'notes' } },
      ...later,
    ])
    const account = await world.manager.addAccount('com.example')
    await world.clock.advance(3_600_000)
    expect(await world.manager.getAuthToken(account, 'notes')).toMatchObject({ value: 'at-2', scopes: ['notes'] })
    await expect(world.manager.getAuthToken(account, 'mail')).rejects.toMatchObject({ code: 'ERR_SCOPE_NOT_GRANTED' })
    expect((await world.manager.getAuthToken(account, 'notes')).value).toBe('at-2')
  })
})
