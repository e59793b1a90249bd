import { startScriptedServer } from '@accountry/testing'
import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { failure, secret } from './support/canaries.ts'
import { goodTokens, type Members, newKey, type Service } from './support/service.ts'
import { HOUR, MINUTE, scriptedWorld, type World } from './support/world.ts'

type Made = (service: Service) => string | Promise<string>
const seconds = (offset = 0): number => Math.floor(Date.now() / 1000) + offset

/** Signs in with an ID token that is made like this. Nothing must be left when it is refused. */
async function refused(make: Made, world?: World & { service: Service }): Promise<{ code: string; reason?: string }> {
  const opened = world ?? (await scriptedWorld())
  opened.service.tokens(async () => ({ json: { ...goodTokens(), id_token: await make(opened.service) } }))
  const error = await failure(opened.signIn())
  expect(await opened.manager.getAccounts()).toEqual([])
  return error as never
}

function claimsOf({ issuer, clientId, nonce }: Service, changes: Members = {}): Members {
  return { iss: issuer, aud: clientId, sub: 'ana', iat: seconds(), exp: seconds(300), nonce, ...changes }
}

/** With changed claims, signed by the server. */
function claiming(changes: Members | ((service: Service) => Members)): Made {
  return (service) => service.idToken(claimsOf(service, typeof changes === 'function' ? changes(service) : changes))
}

async function signedBy(service: Service, alg: string, header: Members = {}): Promise<string> {
  const foreign = await newKey(service.key.kid, alg)
  return await service.idToken(claimsOf(service), { jwk: foreign.jwk, ...header }, foreign)
}

describe('an ID token at a sign-in', () => {
  it.each<[string, Made]>([
    ['D-01 without a signature', (service) => new UnsecuredJWT(claimsOf(service)).encode()],
    ['D-03 with an algorithm that was not agreed', (service) => signedBy(service, 'PS256')],
    ['D-04 of another issuer', claiming({ iss: 'https://other.example' })],
    ['D-04 of the issuer with a slash', claiming(({ issuer }) => ({ iss: `${issuer}/` }))],
    ['D-05 for another client', claiming({ aud: 'other' })],
    ['D-05 for another client too', claiming(({ clientId }) => ({ aud: [clientId, 'other'] }))],
    ['D-05 with a foreign azp', claiming(({ clientId }) => ({ aud: [clientId, 'other'], azp: 'other' }))],
    ['D-07 from tomorrow', claiming({ iat: seconds(86_400), exp: seconds(90_000) })],
    ['D-07 from no time', claiming({ iat: undefined })],
    ['D-08 without the nonce', claiming({ nonce: undefined })],
    ['D-08 with another nonce', claiming({ nonce: 'other' })],
    ['D-11 about nobody', claiming({ sub: undefined })],
    ['D-11 about an empty name', claiming({ sub: '' })],
    ['D-11 about a number', claiming({ sub: 7 })],
    ['D-11 about most of a megabyte', claiming({ sub: 'x'.repeat(700_000) })],
    ['D-12 signed by a key that the server does not have', (service) => signedBy(service, 'ES256', { jwk: undefined })],
    ['D-12 that brings its own key', (service) => signedBy(service, 'ES256')],
    ['D-12 that says where its key is', (service) => signedBy(service, 'ES256', { jku: `${service.issuer}/evil` })],
  ])('%s is refused, and nothing is stored', async (_name, make) => {
    expect((await refused(make)).code).toBe('ERR_INVALID_RESPONSE')
  })

  it('that is right in everything is accepted, however it was made', async () => {
    const world = await scriptedWorld()
    world.service.tokens(async () => ({ json: { ...goodTokens(), id_token: await claiming({})(world.service) } }))
    expect((await world.signIn()).name).toBe('ana')
  })

  it('D-12 that says where its key is leads to no request there', async () => {
    await using elsewhere = await startScriptedServer({ host: '127.0.0.2' })
    await refused((service) => signedBy(service, 'ES256', { jku: `${elsewhere.origin}/jwks` }))
    expect(elsewhere.connections).toBe(0)
  })

  it('D-09 from an earlier sign-in is refused', async () => {
    const world = await scriptedWorld()
    let earlier = ''
    world.service.tokens(async () => {
      earlier = await world.service.idToken(claimsOf(world.service))
      return { json: { ...goodTokens(), id_token: earlier } }
    })
    await world.manager.removeAccount(await world.signIn())
    expect((await refused(() => earlier, world)).code).toBe('ERR_INVALID_RESPONSE')
  })

  it('D-21 without key id is tried with each key that fits', async () => {
    const world = await scriptedWorld()
    const [other, own] = [await newKey('a'), await newKey('b')]
    world.service.publish(other, own)
    world.service.tokens(async () => {
      const jwt = new SignJWT(claimsOf(world.service)).setProtectedHeader({ alg: 'ES256' })
      return { json: { ...goodTokens(), id_token: await jwt.sign(own.privateKey) } }
    })
    expect((await world.signIn()).name).toBe('ana')
  })

  it('D-23 of a tenant that its claim does not name is refused', async () => {
    const tenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
    const world = await scriptedWorld()
    const { issuer } = world.service
    const issuerTemplate = `${issuer}/{tenantid}/v2.0`
    world.service.describe({ issuer: issuerTemplate })
    await world.restart({ issuerTemplate })
    const iss = `${issuer}/${tenant}/v2.0`
    expect((await refused(claiming({ iss, tid: tenant.replace('9', '8') }), world)).code).toBe('ERR_INVALID_RESPONSE')
    world.service.identity({ iss, tid: tenant })
    expect((await world.signIn()).name).toBe('ana')
  })

  it.each<[string, Members]>([
    ['older than was asked for', { auth_time: seconds(-3600) }],
    ['without saying when', {}],
  ])('D-25 of a sign-in %s is no step-up', async (_name, claims) => {
    const world = await scriptedWorld()
    world.service.identity(claims)
    expect((await failure(world.signIn({ maxAgeS: 300 }))).code).toBe('ERR_INVALID_RESPONSE')
  })

  it('D-24 is not completed by the profile of another person', async () => {
    const world = await scriptedWorld({ oauth: { nameClaims: ['email'] } })
    world.service.server.on('/userinfo', { json: { sub: 'eve', email: 'eve@example.com' } })
    const error = await failure(world.signIn())
    expect(error.code).toBe('ERR_INVALID_RESPONSE')
    expect(await world.manager.getAccounts()).toEqual([])
  })
})

describe('the clock of this machine', () => {
  it.each([-10 * MINUTE, 10 * MINUTE])(
    'D-19 off by %i ms does not keep anybody from signing in, and is told',
    async (off) => {
      const world = await scriptedWorld()
      world.clock.jump(off)
      expect((await world.signIn()).name).toBe('ana')
      expect(world.log.map(({ event }) => event)).toContain('clock_skew')
    },
  )

  it('D-20 off without a Date from the server is named as the cause, and a refresh token is kept', async () => {
    const world = await scriptedWorld()
    const account = await world.signIn()
    const restarted = await withoutDates(world)
    world.clock.jump(-HOUR)
    const error = await failure(restarted.manager.getAuthToken(account.id, 'notes', { forceRefresh: true }))
    expect(error).toMatchObject({ code: 'ERR_CLOCK_SKEW', action: 'check-clock' })
    expect(await restarted.manager.getPassword(account.id)).toBe(secret('rotated refresh token'))
  })
})

describe('the keys of the server', () => {
  /** An account that signed in, and a way to renew with an ID token that is signed now. */
  async function signedIn() {
    const world = await scriptedWorld()
    const account = await world.signIn()
    const renew = async (key = world.service.key, header: Members = {}) => {
      const iat = Math.floor(world.clock.now() / 1000)
      const id_token = await world.service.idToken({ iat, exp: iat + 300 }, header, key)
      const headers = { date: new Date(world.clock.now()).toUTCString() }
      world.service.tokens({ json: { ...goodTokens(), id_token }, headers })
      return await world.manager.getAuthToken(account, 'notes', { forceRefresh: true })
    }
    return { world, account, renew, fetches: () => world.service.server.requestsTo('/jwks').length }
  }

  it('D-13 are used on while nobody can fetch them', async () => {
    const { world, renew } = await signedIn()
    world.service.server.on('/jwks', { status: 500 })
    await world.clock.advance(HOUR)
    expect((await renew()).value).toBe(secret('access token'))
    expect(world.log.map(({ event }) => event)).not.toContain('identity_unverified')
  })

  it('D-15 are fetched once more for a key that is new; D-16 the one before is no longer good', async () => {
    const { world, account, renew, fetches } = await signedIn()
    const before = world.service.key
    await world.clock.advance(31_000)
    world.service.publish(await newKey('key-2'))
    await renew()
    expect(fetches()).toBe(2)
    const { code } = await failure(renew(before))
    expect(code).toBe('ERR_INVALID_RESPONSE')
    expect(await world.stored(account)).toBe(secret('rotated refresh token'))
  })

  it('D-15 are fetched once in 30 seconds under a flood of keys that nobody knows', async () => {
    const { world, renew, fetches } = await signedIn()
    await world.clock.advance(31_000)
    for (let n = 0; n < 5; n += 1) await failure(renew(undefined, { kid: `unknown-${n}` }))
    expect(fetches()).toBe(2)
  })

  it.each<[string, object]>([
    ['an error', { status: 500 }],
    ['somewhere else', { status: 302, headers: { location: 'https://evil.example' } }],
    ['a page', { rawBody: '<html></html>' }],
    ['100 MB', { rawBody: ' ', endless: true }],
  ])('D-17 that are %s end a sign-in cleanly, and a renewal keeps the refresh token', async (_name, answer) => {
    const world = await scriptedWorld()
    world.service.server.on('/jwks', answer)
    expect(await failure(world.signIn())).toMatchObject({ code: 'ERR_NETWORK', retryable: true })
    expect(await world.manager.getAccounts()).toEqual([])
    const account = await world.account()
    world.service.tokens(async () => ({ json: { ...goodTokens(), id_token: await world.service.idToken() } }))
    await world.manager.getAuthToken(account, 'notes').catch(() => undefined)
    expect(await world.stored(account)).toBe(secret('rotated refresh token'))
    expect(await world.state(account)).not.toContain('needs-reauth')
  })

  it('D-17 that are said to be at a plain http address are asked for nowhere', async () => {
    const world = await scriptedWorld({}, { jwks_uri: 'http://keys.example/jwks' })
    expect((await failure(world.signIn())).code).toBe('ERR_MISCONFIGURED')
    expect(world.visits).toEqual([])
  })
})

/** A new process whose answers carry no Date. */
async function withoutDates(world: World & { service: Service }): Promise<World> {
  await world.restart()
  const iat = seconds()
  const id_token = await world.service.idToken({ iat, exp: iat + 300 })
  const body = JSON.stringify({ ...goodTokens(), id_token })
  world.service.tokens({
    rawResponse: `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  })
  return world
}
