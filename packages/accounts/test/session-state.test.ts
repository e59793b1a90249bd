import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'

describe('the state of a session', () => {
  it('is handed on beside the session, so that an answer can be told from a stray one before the session is used', async () => {
    await using world = await openTestManager({ authenticator: { canStartSessions: true } })
    world.authenticator.next('startAddAccountSession', { session: { secret: 'kept' }, state: 'abc' })
    const started = await world.manager.startAddAccountSession('com.example')
    expect(started.state).toBe('abc')
    expect(started.session).not.toContain('abc')
  })

  it('is absent where the authenticator names none, and refused when it is no text', async () => {
    await using world = await openTestManager({ authenticator: { canStartSessions: true } })
    world.authenticator.next('startAddAccountSession', { session: {} }, { session: {}, state: 5 as never })
    expect(await world.manager.startAddAccountSession('com.example')).not.toHaveProperty('state')
    await expect(world.manager.startAddAccountSession('com.example')).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
    })
  })
})
