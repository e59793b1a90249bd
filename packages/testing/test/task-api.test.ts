import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type AuthorizationServer,
  createFakeClock,
  startAuthorizationServer,
  startTaskApi,
  type TaskApi,
} from '../src/index.ts'
import { refreshed } from './support/token-requests.ts'

describe('startTaskApi', () => {
  let server: AuthorizationServer
  let api: TaskApi

  beforeEach(async () => {
    server = await startAuthorizationServer()
    api = await startTaskApi({ issuer: server.issuer, users: { ana: ['Buy milk'] } })
  })

  afterEach(async () => {
    await api.close()
    await server.close()
  })

  async function tokenOf(user: string, resource?: string): Promise<string> {
    const { access_token: token } = await refreshed(
      server,
      await server.mintRefreshToken({ user, ...(resource !== undefined && { resource }) }),
    )
    return token
  }

  const get = (token: string, path = '/tasks') =>
    fetch(`${api.url}${path}`, { headers: { authorization: `Bearer ${token}` } })

  it('gives everybody the tasks of their own', async () => {
    api.addTask('ben', 'Call Ana')
    expect(await (await get(await tokenOf('ana'))).json()).toEqual([{ id: '1', title: 'Buy milk' }])
    expect(await (await get(await tokenOf('ben'))).json()).toEqual([{ id: '2', title: 'Call Ana' }])
  })

  it('adds a task, and answers only those after an id', async () => {
    const token = await tokenOf('ana')
    const added = await fetch(`${api.url}/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ title: 'Buy bread' }),
    })
    expect(added.status).toBe(201)
    expect(api.tasksOf('ana').map(({ title }) => title)).toEqual(['Buy milk', 'Buy bread'])
    expect(await (await get(token, '/tasks?after=1')).json()).toEqual([{ id: '2', title: 'Buy bread' }])
  })

  it('answers 400 to a task without a title, 404 elsewhere and 405 to other methods', async () => {
    const headers = { authorization: `Bearer ${await tokenOf('ana')}` }
    expect((await fetch(`${api.url}/tasks`, { method: 'POST', headers, body: '{}' })).status).toBe(400)
    expect((await fetch(`${api.url}/tasks`, { method: 'POST', headers, body: 'no JSON' })).status).toBe(400)
    expect((await fetch(`${api.url}/other`, { headers })).status).toBe(404)
    expect((await fetch(`${api.url}/tasks`, { method: 'DELETE', headers })).status).toBe(405)
  })

  it('challenges a request without a token and names no error', async () => {
    const response = await fetch(`${api.url}/tasks`)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tasks"')
  })

  it('refuses a token of another issuer, for another audience, changed or unsigned', async () => {
    await using stranger = await startAuthorizationServer({ audience: `${server.issuer}/api` })
    const foreign = await refreshed(stranger, await stranger.mintRefreshToken({ user: 'ana' }))
    const good = await tokenOf('ana')
    const changed = `${good.slice(0, -6)}AAAAAA`
    const forOther = await tokenOf('ana', 'https://other.example.com')
    const claims = { iss: server.issuer, aud: `${server.issuer}/api`, sub: 'ana', exp: 4_000_000_000 }
    const unsigned = `${base64url({ alg: 'none' })}.${base64url(claims)}.`
    for (const token of [foreign.access_token, changed, forOther, unsigned, 'nonsense']) {
      const response = await get(token)
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
    expect((await get(good)).status).toBe(200)
  })

  it('refuses a token that ended, by the clock it is given', async () => {
    const clock = createFakeClock(Date.now())
    await using clocked = await startTaskApi({ issuer: server.issuer, clock })
    const headers = { authorization: `Bearer ${await tokenOf('ana')}` }
    expect((await fetch(`${clocked.url}/tasks`, { headers })).status).toBe(200)
    clock.jump(301_000)
    const response = await fetch(`${clocked.url}/tasks`, { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('the token has ended')
  })

  it('refuses a token without an end, or without a subject', async () => {
    const claims = { iss: server.issuer, aud: `${server.issuer}/api` }
    const endless = await server.signJwt({ ...claims, sub: 'ana' })
    const nobody = await server.signJwt({ ...claims, exp: 4_000_000_000 })
    expect((await get(endless)).status).toBe(401)
    expect((await get(nobody)).status).toBe(401)
  })

  it('asks for a scope when it is told to', async () => {
    await using strict = await startTaskApi({ issuer: server.issuer, scopes: { write: 'tasks.write' } })
    const refreshToken = await server.mintRefreshToken({ user: 'ana', scopes: ['tasks.read'] })
    const { access_token: token } = await refreshed(server, refreshToken)
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${strict.url}/tasks`, { headers })).status).toBe(200)
    const refused = await fetch(`${strict.url}/tasks`, { method: 'POST', headers, body: '{"title":"x"}' })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('scope="tasks.write"')
  })

  it('rejects the next requests as told, one each', async () => {
    const token = await tokenOf('ana')
    api.rejectNext(401, 'Bearer error="invalid_token"')
    api.rejectNext(503)
    const first = await get(token)
    expect([first.status, first.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
    const second = await get(token)
    expect([second.status, second.headers.get('www-authenticate')]).toEqual([503, null])
    expect((await get(token)).status).toBe(200)
  })

  it('records every request with who sent it and how it was answered', async () => {
    await get('nonsense')
    await get(await tokenOf('ana'))
    expect(api.requests).toMatchObject([
      { method: 'GET', path: '/tasks', status: 401, headers: { authorization: 'Bearer nonsense' } },
      { method: 'GET', path: '/tasks', status: 200, subject: 'ana' },
    ])
    expect(api.requests[0]).not.toHaveProperty('subject')
  })

  it('takes a token that is bound to a key only with a proof of that key', async () => {
    const { token, proofFor } = await boundToken(server)
    const url = `${api.url}/tasks`
    expect((await get(token)).status).toBe(401)
    const withProof = async (proof: string) =>
      (await fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: proof } })).status
    expect(await withProof(await proofFor('GET', url))).toBe(200)
    expect(await withProof(await proofFor('POST', url))).toBe(401)
    expect(await withProof(await proofFor('GET', `${api.url}/other`))).toBe(401)
  })

  it('stops at once', async () => {
    await using brief = await startTaskApi({ issuer: server.issuer })
    await fetch(`${brief.url}/tasks`)
    await brief.close()
    await expect(fetch(`${brief.url}/tasks`)).rejects.toThrow()
  })
})

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

async function boundToken(server: AuthorizationServer) {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } = await import('jose')
  const { createHash } = await import('node:crypto')
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const token = await server.signJwt({
    iss: server.issuer,
    aud: `${server.issuer}/api`,
    sub: 'ana',
    exp: 4_000_000_000,
    cnf: { jkt: await calculateJwkThumbprint(jwk) },
  })
  const ath = createHash('sha256').update(token).digest('base64url')
  const proofFor = (htm: string, htu: string) =>
    new SignJWT({ htm, htu, ath, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey)
  return { token, proofFor }
}
