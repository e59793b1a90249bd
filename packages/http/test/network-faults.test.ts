import { inspect } from 'node:util'
import { createAuthorizedFetch } from '@accountry/http'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ana, FakeManager } from './support/fake-manager.ts'

const origin = 'https://api.example.com'

describe('an authorised fetch on a bad network', () => {
  beforeEach(() => {
    nock.disableNetConnect()
  })

  afterEach(() => {
    const pending = nock.pendingMocks()
    nock.cleanAll()
    nock.restore()
    nock.activate()
    nock.enableNetConnect()
    expect(pending).toEqual([])
  })

  test('passes a connection failure on, without the token in it, and keeps the token', async () => {
    nock(origin)
      .get('/')
      .replyWithError(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    const manager = new FakeManager(origin)
    const error: unknown = await authorized(manager)(origin).catch((reason) => reason)
    expect(error).toBeInstanceOf(Error)
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secret-')
    expect(manager.invalidated).toEqual([])
  })

  test('does not repeat a request whose second attempt breaks', async () => {
    nock(origin).post('/', 'x').reply(401)
    nock(origin).post('/', 'x').replyWithError('reset')
    const manager = new FakeManager(origin)
    await expect(authorized(manager)(origin, { method: 'POST', body: 'x' })).rejects.toThrow()
    expect(manager.invalidated).toEqual(['secret-1'])
  })

  test('finds the challenge among several header lines', async () => {
    nock(origin)
      .get('/')
      .reply(403, 'no', [
        'WWW-Authenticate',
        'Negotiate',
        'WWW-Authenticate',
        'bearer ERROR=insufficient_scope, scope=a',
      ])
    await expect(authorized(new FakeManager(origin))(origin)).rejects.toMatchObject({ challenge: { scopes: ['a'] } })
  })

  test('refuses the way from https to http', async () => {
    nock(origin).get('/').reply(302, undefined, { location: 'http://api.example.com/' })
    await expect(authorized(new FakeManager(origin))(origin)).rejects.toMatchObject({ code: 'ERR_ORIGIN_NOT_ALLOWED' })
  })
})

function authorized(manager: FakeManager): ReturnType<typeof createAuthorizedFetch> {
  return createAuthorizedFetch({ manager, account: ana, authTokenType: 'api', environment: {} })
}
