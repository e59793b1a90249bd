import dns from 'node:dns'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createAuthorizedFetch } from '@accountry/http'
import { startScriptedServer } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failure, secret } from './support/canaries.ts'
import { goodTokens } from './support/service.ts'
import { HOUR, scriptedWorld } from './support/world.ts'

const OLD = secret('refresh token')
const OPENID = '/.well-known/openid-configuration'

describe('the metadata of a service', () => {
  it.each<[string, (issuer: string) => string]>([
    ['F-01 of another origin', () => 'http://127.0.0.1:1'],
    ['F-02 with a slash at the end', (issuer) => `${issuer}/`],
    ['F-02 in other letters', (issuer) => issuer.replace('http', 'HTTP')],
    ['F-02 with another spelling of the same host', (issuer) => issuer.replace('127.0.0.1', '127.1')],
  ])('%s is not the one of the issuer: nothing is sent', async (_name, named) => {
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.describe({ issuer: named(world.service.issuer) })
    for (const ask of [() => world.manager.getAuthToken(account, 'notes'), () => world.signIn()]) {
      expect(await failure(ask())).toMatchObject({ code: 'ERR_MISCONFIGURED', reason: 'issuer_mismatch' })
    }
    expect([world.service.tokenRequests, world.visits]).toEqual([[], []])
    expect(await world.stored(account)).toBe(OLD)
  })

  it('F-04 that names another issuer is not repaired by another document', async () => {
    const world = await scriptedWorld()
    const { server, issuer } = world.service
    server.on('/.well-known/oauth-authorization-server', { json: { issuer, token_endpoint: `${issuer}/token` } })
    world.service.describe({ issuer: 'http://127.0.0.1:1' })
    const account = await world.account()
    expect(await failure(world.manager.getAuthToken(account, 'notes'))).toMatchObject({ reason: 'issuer_mismatch' })
    expect(server.requests.map(({ path }) => path)).toEqual([OPENID])
  })

  it('F-05 of a server on the internet may not lead into a local network', async () => {
    const issuer = 'https://as.example'
    const asked: string[] = []
    const world = await scriptedWorld({
      oauth: { issuer },
      fetch: async (input) => {
        asked.push(String(input))
        return Response.json({ issuer, token_endpoint: 'http://169.254.169.254/latest' })
      },
    })
    const account = await world.account()
    expect((await failure(world.manager.getAuthToken(account, 'notes'))).code).toBe('ERR_MISCONFIGURED')
    expect(asked).toEqual([`${issuer}${OPENID}`])
  })

  it('F-05 of a resource is not fetched because an API names its address', async () => {
    await using inside = await startScriptedServer({ host: '127.0.0.2' })
    await using api = await startScriptedServer()
    const named = `Bearer resource_metadata="${inside.origin}/.well-known/oauth-protected-resource"`
    api.always = { status: 401, headers: { 'www-authenticate': named } }
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.tokens({ json: goodTokens() })
    const origins = [api.origin]
    const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'notes', origins })
    expect((await send(api.origin)).status).toBe(401)
    expect(inside.connections).toBe(0)
  })

  it('F-06 that names a host which leads into a local network gets a connection, and nothing is sent over it', async () => {
    const trusted = getCACertificates('default')
    onTestFinished(() => setDefaultCACertificates(trusted))
    await using inside = await startScriptedServer({ tls: 'valid' })
    setDefaultCACertificates([...trusted, inside.ca ?? ''])
    leadToThisMachine('rebound.example')
    const world = await scriptedWorld()
    const account = await world.account()
    const { port } = new URL(inside.origin)
    world.service.describe({ token_endpoint: `https://rebound.example:${port}/token` })
    expect((await failure(world.manager.getAuthToken(account, 'notes'))).code).toBe('ERR_TLS')
    expect(inside.connections).toBe(1)
    expect(inside.requests).toEqual([])
    world.service.describe({ token_endpoint: `http://rebound.example:${port}/token` })
    await world.restart()
    world.clock.jump(HOUR)
    expect((await failure(world.manager.getAuthToken(account.id, 'notes'))).code).toBe('ERR_MISCONFIGURED')
    expect(inside.connections).toBe(1)
    expect(await world.stored(account)).toBe(OLD)
  })

  it('F-08 that redirects is not followed', async () => {
    await using elsewhere = await startScriptedServer({ host: '127.0.0.2' })
    const world = await scriptedWorld()
    const { server } = world.service
    for (const path of [OPENID, '/.well-known/oauth-authorization-server']) {
      server.on(path, { status: 302, headers: { location: `${elsewhere.origin}${path}` } })
    }
    const account = await world.account()
    const error = await failure(world.manager.getAuthToken(account, 'notes'))
    expect(error).toMatchObject({ code: 'ERR_SERVER', reason: 'redirect' })
    expect([elsewhere.connections, world.service.tokenRequests]).toEqual([0, []])
    expect(await world.stored(account)).toBe(OLD)
  })

  it('F-09 that cannot be had stops no account that was used before, also after a restart', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.tokens({ json: goodTokens() })
    await world.manager.getAuthToken(account, 'notes')
    world.service.server.on(OPENID, { status: 503 })
    const restarted = await world.restart()
    world.clock.jump(10 * HOUR)
    expect((await restarted.getAuthToken(account.id, 'notes')).value).toBe(secret('access token'))
    expect(world.service.tokenRequests).toHaveLength(2)
  })

  it('F-10 that moves the token endpoint to another host gets no refresh token until the person signed in again', async () => {
    await using elsewhere = await startScriptedServer()
    const world = await scriptedWorld()
    const account = await world.signIn()
    const token_endpoint = `${elsewhere.origin}/token`
    world.service.describe({ token_endpoint })
    const restarted = await world.restart()
    world.clock.jump(2 * HOUR)
    const error = await failure(restarted.getAuthToken(account.id, 'notes'))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'endpoint_changed', action: 'sign-in' })
    expect(elsewhere.requests).toEqual([])
    expect(await restarted.getPassword(account.id)).toBe(secret('rotated refresh token'))
    elsewhere.always = async () => ({
      json: { ...goodTokens(), id_token: await world.service.idToken({ nonce: world.service.nonce }) },
    })
    await restarted.updateCredentials(account.id)
    world.clock.jump(2 * HOUR)
    expect((await restarted.getAuthToken(account.id, 'notes')).value).toBe(secret('access token'))
  })
})

describe('what a token is for', () => {
  it('F-18 is said in every request: when signing in, redeeming and renewing', async () => {
    const resource = 'https://api.example/v1'
    const world = await scriptedWorld({ oauth: { tokenTypes: { notes: { scopes: ['notes'], resource } } } })
    const account = await world.signIn()
    world.service.tokens({ json: goodTokens() })
    await world.manager.getAuthToken(account, 'notes', { forceRefresh: true })
    const named = [world.visits[0]?.url.searchParams, ...world.service.tokenRequests].map((all) =>
      all?.getAll('resource'),
    )
    expect(named).toEqual([[resource], [resource], [resource]])
  })

  it('F-20 that was not enough is asked for together with what is missing', async () => {
    const world = await scriptedWorld()
    const account = await world.signIn()
    const missing = await insufficient(world, account, 'more')
    expect(missing).toMatchObject({ code: 'ERR_SCOPE_NOT_GRANTED' })
    const scopes = missing.challenge?.scopes ?? []
    expect(scopes).toContain('more')
    await world.manager.updateCredentials(account, { options: { scopes } })
    const asked = world.visits.at(-1)?.url.searchParams.get('scope')?.split(' ') ?? []
    expect(asked).toEqual(expect.arrayContaining(['notes', 'more']))
  })

  it('F-21 that is never enough leads to an error each time: no loop, no renewal, no browser by itself', async () => {
    const world = await scriptedWorld()
    const account = await world.signIn()
    const before = [world.visits.length, world.service.tokenRequests.length]
    for (let attempt = 0; attempt < 3; attempt += 1) await insufficient(world, account, 'more')
    expect([world.visits.length, world.service.tokenRequests.length]).toEqual(before)
    expect(await world.state(account)).toBe('ok')
  })
})

/** Lets DNS answer for a name that it is 127.0.0.1, as an attacker's server does once the name was looked at. */
function leadToThisMachine(host: string): void {
  const { lookup } = dns
  const rebound = (name: string, options: dns.LookupOptions, done: (...answer: unknown[]) => void): void => {
    if (name !== host) lookup(name, options, done as never)
    else if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }])
    else done(null, '127.0.0.1', 4)
  }
  Object.assign(dns, { lookup: rebound })
  onTestFinished(() => void Object.assign(dns, { lookup }))
}

/** Asks an API that wants another scope. It must be asked once. */
async function insufficient(
  world: Awaited<ReturnType<typeof scriptedWorld>>,
  account: { readonly id: string },
  scope: string,
) {
  await using api = await startScriptedServer()
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`
  api.always = { status: 403, headers: { 'www-authenticate': challenge } }
  const origins = [api.origin]
  const send = createAuthorizedFetch({ manager: world.manager, account: account.id, authTokenType: 'notes', origins })
  const error = await failure(send(api.origin))
  expect(api.requests).toHaveLength(1)
  return error
}
