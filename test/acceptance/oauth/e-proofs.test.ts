import { createAuthorizedFetch } from '@accountry/http'
import { startAuthorizationServer, startScriptedServer, startTaskApi } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failure, secret } from './support/canaries.ts'
import { hashOf, proofOf } from './support/proof.ts'
import { goodTokens, type Service, type TokenAnswer } from './support/service.ts'
import { MINUTE, openWorld, scriptedWorld, type World, type WorldOptions } from './support/world.ts'

const TOKEN = secret('access token')
const bound = (): Record<string, unknown> => ({ ...goodTokens(), token_type: 'DPoP' })

/** A service that binds tokens to keys. */
async function proving(oauth: WorldOptions['oauth'] = {}): Promise<World & { readonly service: Service }> {
  const world = await scriptedWorld(
    { oauth: { dpop: 'require', ...oauth } },
    { dpop_signing_alg_values_supported: ['ES256'] },
  )
  world.service.identity({}, { token_type: 'DPoP' })
  return world
}

/** Wants a nonce in every proof, another one each time; then answers. */
function wantingNonces(times: number, answer: object): TokenAnswer[] {
  const asking = Array.from({ length: times }, (_, index) => ({
    status: 400,
    json: { error: 'use_dpop_nonce' },
    headers: { 'dpop-nonce': `nonce-${index + 1}` },
  }))
  return [...asking, { json: answer }]
}

describe('tokens that are bound to a key', () => {
  it('E-30 are asked for and presented with a proof each, by one key', async () => {
    const world = await proving()
    await using api = await startScriptedServer()
    api.always = { json: {} }
    const account = await world.signIn()
    const origins = [api.origin]
    const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'notes', origins })
    await send(`${api.origin}/items?page=2#part`)
    await send(`${api.origin}/items`, { method: 'POST', body: '{}' })
    const [token] = world.service.server.requestsTo('/token')
    const atToken = await proofOf(token ?? { headers: {} })
    const atApi = await Promise.all(api.requests.map(proofOf))
    expect(atToken).toMatchObject({ typ: 'dpop+jwt', htm: 'POST', htu: `${world.service.issuer}/token` })
    expect(atToken.ath).toBeUndefined()
    expect(atApi).toMatchObject([
      { typ: 'dpop+jwt', htm: 'GET', htu: `${api.origin}/items`, ath: hashOf(TOKEN) },
      { typ: 'dpop+jwt', htm: 'POST', htu: `${api.origin}/items`, ath: hashOf(TOKEN) },
    ])
    const all = [atToken, ...atApi]
    expect(new Set(all.map(({ jti }) => jti)).size).toBe(3)
    expect(new Set(all.map(({ thumbprint }) => thumbprint)).size).toBe(1)
    for (const { iat } of all) expect(Math.abs(Number(iat) - world.clock.now() / 1000)).toBeLessThan(5)
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([`DPoP ${TOKEN}`, `DPoP ${TOKEN}`])
    // The key belongs to the account: it is the same after a restart, and a renewal proves with it.
    const restarted = await world.restart()
    world.service.tokens({ json: bound() })
    await restarted.getAuthToken(account.id, 'notes', { forceRefresh: true })
    const renewal = await proofOf(world.service.server.requestsTo('/token').at(-1) ?? { headers: {} })
    expect(renewal.thumbprint).toBe(atToken.thumbprint)
  })

  it('E-30 are taken by a real server and a real API', async () => {
    const server = await startAuthorizationServer()
    onTestFinished(() => server.close())
    await using api = await startTaskApi({ issuer: server.issuer, users: { ana: ['Buy milk'] } })
    const oauth = { dpop: 'require', tokenTypes: { tasks: { scopes: ['tasks.read'], origins: [api.url] } } } as const
    const world = await openWorld(server, { oauth })
    const account = await world.signIn()
    const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'tasks' })
    expect((await send(`${api.url}/tasks`)).status).toBe(200)
  })

  it('E-38 are bound from the beginning: the authorization request names the key', async () => {
    const world = await proving()
    await world.signIn()
    const { thumbprint } = await proofOf(world.service.server.requestsTo('/token')[0] ?? { headers: {} })
    expect(world.visits[0]?.url.searchParams.get('dpop_jkt')).toBe(thumbprint)
  })

  it('E-31 that come unbound are refused where that was demanded, and the refresh token is kept', async () => {
    const world = await proving()
    const account = await world.signIn()
    world.service.tokens({ json: { ...goodTokens(), refresh_token: secret('third refresh token') } })
    const error = await failure(world.manager.getAuthToken(account, 'notes', { forceRefresh: true }))
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', reason: 'unsupported_token_type' })
    expect(await world.stored(account)).toBe(secret('third refresh token'))
    expect(await world.state(account)).not.toContain('needs-reauth')
  })

  it('E-31 that come unbound are taken where that was a wish, and the key is kept for the refresh token', async () => {
    const world = await proving({ dpop: 'prefer' })
    world.service.identity()
    const account = await world.signIn()
    world.service.tokens({ json: goodTokens() })
    const renewed = await world.manager.getAuthToken(account, 'notes', { forceRefresh: true })
    expect(renewed.scheme).toBe('Bearer')
    const [first, second] = await Promise.all(world.service.server.requestsTo('/token').map(proofOf))
    expect(second?.thumbprint).toBe(first?.thumbprint)
  })
})

describe('a nonce of the authorization server', () => {
  it('E-33 is put into one more proof, at once', async () => {
    const world = await proving()
    const account = await world.signIn()
    world.service.tokens(...wantingNonces(1, bound()))
    const before = world.service.tokenRequests.length
    expect((await world.manager.getAuthToken(account, 'notes', { forceRefresh: true })).value).toBe(TOKEN)
    const proofs = await Promise.all(world.service.server.requestsTo('/token').slice(before).map(proofOf))
    expect(proofs.map(({ nonce }) => nonce)).toEqual([undefined, 'nonce-1'])
  })

  it('E-34 that is never the right one is tried twice, and then it is the server’s fault', async () => {
    const world = await proving()
    const account = await world.signIn()
    world.service.tokens(...wantingNonces(10, bound()))
    const before = world.service.tokenRequests.length
    const error = await failure(world.manager.getAuthToken(account, 'notes', { forceRefresh: true }))
    expect(error).toMatchObject({ code: 'ERR_SERVER', retryable: true })
    expect(world.service.tokenRequests.length - before).toBe(3)
    expect(await world.stored(account)).toBe(secret('rotated refresh token'))
  })

  it('E-37 is not used at a resource server, nor the other way round', async () => {
    const world = await proving()
    const account = await world.signIn()
    world.service.tokens({ json: bound(), headers: { 'dpop-nonce': 'of-the-server' } })
    await world.manager.getAuthToken(account, 'notes', { forceRefresh: true })
    await using api = await startScriptedServer()
    api.always = { json: {}, headers: { 'dpop-nonce': 'of-the-api' } }
    const origins = [api.origin]
    const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'notes', origins })
    await send(api.origin)
    await send(api.origin)
    await world.manager.getAuthToken(account, 'notes', { forceRefresh: true })
    const atApi = await Promise.all(api.requests.map(proofOf))
    expect(atApi.map(({ nonce }) => nonce)).toEqual([undefined, 'of-the-api'])
    const last = await proofOf(world.service.server.requestsTo('/token').at(-1) ?? { headers: {} })
    expect(last.nonce).toBe('of-the-server')
  })
})

describe('a nonce of a resource server', () => {
  it('E-35 is put into one more proof, whatever else is challenged; no token is renewed for it', async () => {
    const world = await proving()
    const account = await world.signIn()
    const posts = world.service.tokenRequests.length
    await using api = await startScriptedServer()
    api.next({
      status: 401,
      headers: { 'www-authenticate': 'Bearer realm="x", DPoP error="use_dpop_nonce"', 'dpop-nonce': 'fresh' },
    })
    api.always = { json: {} }
    const origins = [api.origin]
    const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'notes', origins })
    expect((await send(api.origin)).status).toBe(200)
    const proofs = await Promise.all(api.requests.map(proofOf))
    expect(proofs.map(({ nonce }) => nonce)).toEqual([undefined, 'fresh'])
    expect(world.service.tokenRequests).toHaveLength(posts)
    expect(await world.manager.peekAuthToken(account, 'notes')).toBeDefined()
  })
})

describe('a proof from a machine whose clock is wrong', () => {
  it.each([-10 * MINUTE, 10 * MINUTE])('K-04 by %i ms is made anew with the server’s time', async (off) => {
    const world = await proving()
    const account = await world.signIn()
    await world.restart()
    world.clock.jump(off)
    const before = world.service.tokenRequests.length
    world.service.tokens({ status: 400, json: { error: 'invalid_dpop_proof' } }, { json: bound() })
    const token = await world.manager.getAuthToken(account.id, 'notes', { forceRefresh: true })
    expect(token.value).toBe(TOKEN)
    const proofs = await Promise.all(world.service.server.requestsTo('/token').slice(before).map(proofOf))
    expect(proofs).toHaveLength(2)
    expect(Math.abs(Number(proofs[1]?.iat) - Date.now() / 1000)).toBeLessThan(5)
  })
})

describe('a token that is exchanged for another', () => {
  const tokenTypes = { notes: { scopes: ['notes'] }, mail: { scopes: ['mail'], exchange: { audience: 'mail' } } }
  const NA = { access_token: secret('exchanged token'), token_type: 'N_A', issued_token_type: 'urn:example:token' }

  it('E-40 may be no access token, and nothing else may', async () => {
    const world = await scriptedWorld({ oauth: { tokenTypes } })
    const account = await world.account()
    world.service.tokens(({ body }) => {
      const isExchange = body.includes('token-exchange')
      return { json: isExchange ? NA : goodTokens() }
    })
    expect((await world.manager.getAuthToken(account, 'mail')).value).toBe(secret('exchanged token'))
    world.service.tokens({ json: { ...goodTokens(), token_type: 'N_A' } })
    const error = await failure(world.manager.getAuthToken(account, 'notes', { forceRefresh: true }))
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  it('E-42 goes to the server that issued it, whatever an API says about others', async () => {
    await using elsewhere = await startScriptedServer({ host: '127.0.0.2' })
    await using api = await startScriptedServer()
    const challenge = `Bearer error="invalid_token", resource_metadata="${elsewhere.origin}/metadata", as_uri="${elsewhere.origin}"`
    api.always = { status: 401, headers: { 'www-authenticate': challenge } }
    const world = await scriptedWorld({ oauth: { tokenTypes } })
    const account = await world.account()
    world.service.tokens(({ body }) => ({ json: body.includes('token-exchange') ? NA : goodTokens() }))
    const origins = [api.origin]
    const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'mail', origins })
    expect((await send(api.origin)).status).toBe(401)
    expect(elsewhere.connections).toBe(0)
    expect(world.service.tokenRequests.some((form) => form.get('subject_token') === TOKEN)).toBe(true)
  })
})
