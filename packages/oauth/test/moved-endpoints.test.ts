import { describe, expect, it, onTestFinished } from 'vitest'
import { startScriptedServer } from './scripted-server.ts'
import { openScriptedWorld, type ScriptedWorld } from './support/scripted-world.ts'

const good = { body: { access_token: 'at', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt-1' } }

/** Lets the document name the revocation endpoint of another server, which records what it gets. */
async function moveRevocation({ server }: ScriptedWorld): Promise<{ requests: readonly unknown[] }> {
  const other = await startScriptedServer()
  onTestFinished(async () => await other[Symbol.asyncDispose]())
  other.script('/revoke', { body: '' })
  server.script('/.well-known/openid-configuration', {
    body: {
      issuer: server.issuer,
      token_endpoint: `${server.issuer}/token`,
      revocation_endpoint: `${other.issuer}/revoke`,
    },
  })
  return other
}

describe('a document that moved the revocation endpoint to another host (DS-04)', () => {
  it.each([
    ['before the account was used again', 0],
    ['although the account was renewed with that document meanwhile', 13 * 3_600_000],
  ])('gets no credential of an account that is removed, %s', async (_when, usedAfterMs) => {
    await using world = await openScriptedWorld({}, [good])
    const account = await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'rt-0' })
    await world.manager.getAuthToken(account, 'any')
    const other = await moveRevocation(world)
    if (usedAfterMs > 0) {
      await world.clock.advance(usedAfterMs)
      await world.manager.getAuthToken(account, 'any')
      expect(world.tokenRequests()).toHaveLength(2)
    }
    await world.clock.advance(2 * 3_600_000)
    await world.manager.removeAccount(account)
    await world.manager.close()
    expect(other.requests).toEqual([])
    expect(world.server.requestsTo('/revoke')).toEqual([])
  })

  it('is believed where it said so from the beginning', async () => {
    await using world = await openScriptedWorld({}, [good])
    const other = await moveRevocation(world)
    const account = await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'rt-0' })
    await world.manager.getAuthToken(account, 'any')
    await world.manager.removeAccount(account)
    await world.manager.close()
    expect(other.requests).toHaveLength(1)
  })
})
