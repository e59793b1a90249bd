import type { ServerAnswer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { secret } from './support/canaries.ts'
import type { Service } from './support/service.ts'
import { turn, until } from './support/wire.ts'
import { MINUTE, scriptedWorld, type World } from './support/world.ts'

const OLD = secret('refresh token')

/** The forms that the revocation endpoint received. */
function revocations({ server }: Service): readonly URLSearchParams[] {
  return server.requestsTo('/revoke').map(({ body }) => new URLSearchParams(body))
}

/** An account that is removed while the revocation endpoint answers this. It was used before, so it is bound. */
async function removed(...answers: readonly ServerAnswer[]): Promise<World & { readonly service: Service }> {
  const world = await scriptedWorld()
  world.service.tokens({ json: { access_token: secret('access token'), token_type: 'Bearer' } })
  const account = await world.account()
  await world.manager.getAuthToken(account, 'notes')
  world.service.server.on('/revoke', ...answers)
  expect(await world.manager.removeAccount(account)).toBe('removed')
  expect(await world.manager.getAccounts()).toEqual([])
  return world
}

/** Starts the app again, time after time, and lets it do what it has to. */
async function restarts(world: World, times: number): Promise<void> {
  for (let start = 0; start < times; start += 1) {
    // Closing waits for the answer that is on its way.
    await world.manager.close()
    world.clock.jump(10 * MINUTE)
    await world.restart()
    for (let each = 0; each < 50; each += 1) await turn()
  }
}

describe('an account that is removed', () => {
  it('E-20 without network is gone at once; E-21 its credential is revoked once when there is one again', async () => {
    const world = await removed({ destroySocket: 'beforeHeaders' })
    await until(() => revocations(world.service).length === 1)
    await world.manager.close()
    world.service.server.on('/revoke', { status: 200 })
    await restarts(world, 1)
    await until(() => revocations(world.service).length === 2)
    await restarts(world, 3)
    const sent = revocations(world.service)
    expect(sent.map((form) => [form.get('token'), form.get('token_type_hint')])).toEqual([
      [OLD, 'refresh_token'],
      [OLD, 'refresh_token'],
    ])
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('E-23 is done when the server says 200, also to a token that it does not know', async () => {
    const world = await removed({ status: 200 })
    await until(() => revocations(world.service).length === 1)
    await restarts(world, 3)
    expect(revocations(world.service)).toHaveLength(1)
  })

  it('E-24 is revoked later when the server is busy, and not before the server asks for it', async () => {
    const world = await removed({ status: 503, rawBody: 'busy', headers: { 'retry-after': '2700' } }, { status: 200 })
    await until(() => revocations(world.service).length === 1)
    await restarts(world, 4)
    expect(revocations(world.service)).toHaveLength(1)
    await restarts(world, 1)
    await until(() => revocations(world.service).length === 2)
    await restarts(world, 2)
    expect(revocations(world.service)).toHaveLength(2)
  })

  it('E-24 is tried as the other kind of token, then given up with a word in the log', async () => {
    const world = await removed({ status: 400, json: { error: 'unsupported_token_type' } })
    await until(() => revocations(world.service).length === 2)
    await until(() => world.log.some(({ event }) => event === 'revocation_refused'))
    await restarts(world, 3)
    const hints = revocations(world.service).map((form) => form.get('token_type_hint'))
    expect(hints).toEqual(['refresh_token', 'access_token'])
  })

  it('E-24 is not sent again after any other refusal', async () => {
    const world = await removed({ status: 400, json: { error: 'invalid_request' } })
    await until(() => revocations(world.service).length === 1)
    await restarts(world, 3)
    expect(revocations(world.service)).toHaveLength(1)
  })
})
