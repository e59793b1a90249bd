import { describe, expect, it } from 'vitest'
import { errorOf } from './context.ts'
import type { ScriptedAnswer } from './scripted-server.ts'
import { openScriptedWorld, type ScriptedWorld } from './support/scripted-world.ts'

const ACCOUNT = { type: 'com.example', name: 'ana' }
const tokenTypes = { notes: { scopes: ['notes'] }, mail: { scopes: ['mail'] } }

const good = { body: { access_token: 'at', token_type: 'Bearer', expires_in: 3600, refresh_token: 'rt-new' } }
const unusable = { body: { ...good.body, token_type: 'mac' } }

async function worldWith(...answers: ScriptedAnswer[]): Promise<ScriptedWorld & { id: string }> {
  const world = await openScriptedWorld({ tokenTypes }, answers)
  const { id } = await world.manager.addAccountExplicitly(ACCOUNT, { password: 'rt-0' })
  return Object.assign(world, { id })
}

describe('an answer that nobody can use', () => {
  it.each<[string, object, string]>([
    ['a kind of token that is not known', { token_type: 'mac' }, 'ERR_UNSUPPORTED'],
    ['no token', { access_token: undefined }, 'ERR_INVALID_RESPONSE'],
    ['a token that no header can carry', { access_token: 'a b' }, 'ERR_INVALID_RESPONSE'],
    ['a token of 300 KB', { access_token: 'a'.repeat(300_000) }, 'ERR_LIMIT_EXCEEDED'],
    ['an ID token that is none', { id_token: 'x.y.z' }, 'ERR_INVALID_RESPONSE'],
  ])('because of %s is asked for twice, and then not by a caller in a loop', async (_what, change, code) => {
    await using world = await worldWith({ body: { ...good.body, ...change } })
    const errors = []
    for (let call = 0; call < 5; call += 1) errors.push(await errorOf(world.manager.getAuthToken(world.id, 'notes')))
    expect(errors.map((error) => error.code)).toEqual(Array(5).fill(code))
    expect(world.tokenRequests()).toHaveLength(2)
    expect(errors.at(-1)?.['retryAt']).toBe(world.clock.now() + 30_000)
    expect(await world.manager.getPassword(world.id)).toBe('rt-new')
    expect((await world.manager.getAccountInfo(world.id)).state).toBe('ok')
  })

  it('does no harm when it was one alone', async () => {
    await using world = await worldWith(unusable, good)
    expect(await errorOf(world.manager.getAuthToken(world.id, 'notes'))).toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect((await world.manager.getAuthToken(world.id, 'notes')).value).toBe('at')
  })

  it('is waited for longer each time, up to an hour', async () => {
    await using world = await worldWith(unusable)
    const waits: number[] = []
    for (let round = 0; round < 10; round += 1) {
      const error = await errorOf(world.manager.getAuthToken(world.id, 'notes'))
      const retryAt = Number(error['retryAt'] ?? world.clock.now())
      waits.push((retryAt - world.clock.now()) / 1000)
      await world.clock.advance(retryAt - world.clock.now())
    }
    expect(waits).toEqual([0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600])
    expect(world.tokenRequests()).toHaveLength(10)
  })

  it('holds back each purpose by itself, also when several are asked for in turn', async () => {
    await using world = await worldWith(unusable)
    for (let call = 0; call < 4; call += 1) {
      await errorOf(world.manager.getAuthToken(world.id, 'notes'))
      await errorOf(world.manager.getAuthToken(world.id, 'mail'))
    }
    expect(world.tokenRequests().map((body) => body.get('scope'))).toEqual(['notes', 'mail', 'notes', 'mail'])
  })

  it('holds back another process too, and one that starts later', async () => {
    await using world = await worldWith(unusable)
    for (let call = 0; call < 2; call += 1) await errorOf(world.manager.getAuthToken(world.id, 'notes'))
    const later = await world.tests.reopen()
    expect(await errorOf(later.getAuthToken(world.id, 'notes'))).toMatchObject({
      code: 'ERR_UNSUPPORTED',
      reason: 'unsupported_token_type',
      retryAt: world.clock.now() + 30_000,
    })
    expect(world.tokenRequests()).toHaveLength(2)
  })

  it.each<[string, (world: ScriptedWorld & { id: string }) => Promise<unknown>]>([
    ['the wait is over', (world) => world.clock.advance(30_000)],
    ['there is a new password', (world) => world.manager.setPassword(world.id, 'rt-1')],
    ['the clock was set back by a day', async (world) => world.clock.jump(-86_400_000)],
  ])('is forgotten when %s', async (_when, change) => {
    await using world = await worldWith(unusable, unusable, good)
    for (let call = 0; call < 3; call += 1) await errorOf(world.manager.getAuthToken(world.id, 'notes'))
    await change(world)
    expect((await world.manager.getAuthToken(world.id, 'notes')).value).toBe('at')
    // Nothing of it is left: the next one is the first again.
    world.server.script('/token', unusable)
    const again = await errorOf(world.manager.getAuthToken(world.id, 'notes', { forceRefresh: true }))
    expect(again).toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect(again['retryAt']).toBeUndefined()
  })

  it('holds back a client without a person as well', async () => {
    const options = { flow: 'client-credentials', clientSecret: 'secret', tokenTypes } as const
    await using world = await openScriptedWorld(options, [good])
    const account = await world.manager.addAccount('com.example', { authTokenType: 'notes' })
    world.server.script('/token', unusable)
    for (let call = 0; call < 4; call += 1) await errorOf(world.manager.getAuthToken(account, 'mail'))
    expect(world.tokenRequests()).toHaveLength(3)
  })
})
