import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type RemoteAuthorizationServer, startRemoteAuthorizationServer } from '@accountry/testing'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { OAuthClient } from './support/oauth-client.ts'

describe('a server in a process of its own', () => {
  let server: RemoteAuthorizationServer
  let client: OAuthClient

  beforeAll(async () => {
    server = await startRemoteAuthorizationServer({ accessTokenLifetimeS: 60 })
  })

  beforeEach(async () => {
    client = new OAuthClient(server)
    await server.clearRequests()
  })

  afterAll(async () => {
    await server.close()
  })

  test('signs in whom it is told to', async () => {
    await server.setUser('ben')
    const { body } = await client.redeem(await server.signIn(client.authorizationUrl()))
    expect(body).toMatchObject({ expires_in: 60 })
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ sub: 'ben', aud: server.audience })
    await server.setConsent('deny')
    const refused = await server.signIn(client.authorizationUrl(), 'ana')
    expect(refused.searchParams.get('error')).toBe('access_denied')
  })

  test('mints, counts, spoils and answers as the one in this process does', async () => {
    const token = await server.mintRefreshToken({ user: 'ana', scopes: ['tasks.read'] })
    await server.faults.next('token', { status: 503 })
    expect(await server.faults.pending()).toBe(1)
    expect(await client.refresh(token)).toMatchObject({ status: 503 })
    expect(await client.refresh(token)).toMatchObject({ status: 200 })
    expect(await server.isRefreshTokenAlive(token)).toBe(false)
    expect((await server.requestsTo('token', 'refresh_token')).map(({ status }) => status)).toEqual([503, 200])
    expect(await server.inFlight()).toEqual({ now: 0, max: 1 })
  })

  test('passes on what went wrong', async () => {
    await expect(server.revokeGrant('never issued')).rejects.toThrow('refreshToken is none of this server')
  })
})

test('a server that is started by hand prints its address, and takes lines until its input ends', async () => {
  const main = fileURLToPath(import.meta.resolve('@accountry/testing/authorization-server-main'))
  const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<unknown> => JSON.parse((await lines.next()).value ?? 'null')
  const address = await nextLine()
  expect(address).toMatchObject({ issuer: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), pid: child.pid })

  child.stdin.write(`${JSON.stringify({ id: 1, call: 'isRefreshTokenAlive', arguments: ['none'] })}\n`)
  expect(await nextLine()).toEqual({ id: 1, result: false })
  child.stdin.write(`${JSON.stringify({ id: 2, call: 'constructor' })}\n`)
  expect(await nextLine()).toEqual({ id: 2, error: 'there is no call "constructor"' })

  const exited = once(child, 'exit')
  child.stdin.end()
  expect(await exited).toEqual([0, null])
})
