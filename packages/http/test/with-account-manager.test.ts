import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account, Authenticator } from '@accountry/accounts'
import { AccountManager } from '@accountry/accounts'
import { authorizeAxios, createAuthorizedFetch } from '@accountry/http'
import { createFakeKeyProvider } from '@accountry/testing'
import axios from 'axios'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accepting, startServer } from './support/recording-server.ts'

let directory: string
let manager: AccountManager
let account: Account
let issued: number

beforeEach(async () => {
  issued = 0
  directory = await mkdtemp(join(tmpdir(), 'accountry-http-'))
  manager = await AccountManager.open({
    app: { id: 'com.example.app' },
    directory,
    keyProvider: createFakeKeyProvider(),
    authenticators: [serviceAt([])],
  })
  account = await manager.addAccount('com.example')
})

function serviceAt(origins: string[]): Authenticator {
  return {
    description: { type: 'com.example', label: 'Example', tokenTypes: { api: { origins } } },
    addAccount: async () => ({ name: 'ana', password: 'refresh-token' }),
    getAuthToken: async () => {
      issued += 1
      return { value: `secret-${issued}`, expiresAt: Date.now() + 3_600_000 }
    },
  }
}

afterEach(async () => {
  await manager.close()
  await rm(directory, { recursive: true, force: true })
})

describe('an authorised fetch over the account manager', () => {
  test('renews once for fifty requests that meet a 401 at once', async () => {
    await using server = await startServer(accepting('secret-2'))
    // What a service says of itself counts as it was when it was registered.
    manager.unregisterAuthenticator('com.example')
    manager.registerAuthenticator(serviceAt([server.origin]))
    const send = createAuthorizedFetch({ manager, account, authTokenType: 'api' })
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(server.origin)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(issued).toBe(2)
  })

  test('leaves the account as it is when its tokens stay rejected', async () => {
    await using server = await startServer(accepting('never'))
    const send = createAuthorizedFetch({ manager, account: account.id, authTokenType: 'api', origins: [server.origin] })
    expect((await send(server.origin)).status).toBe(401)
    expect(server.requests).toHaveLength(2)
    expect(issued).toBe(2)
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'ok' })
  })

  test('rejects with the signal’s reason in every phase, as fetch does', async () => {
    await using server = await startServer(() => undefined)
    const send = createAuthorizedFetch({ manager, account, authTokenType: 'api', origins: [server.origin] })
    const reason = new TypeError('of the caller')
    await expect(send(server.origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const whileSent = new AbortController()
    const sending = send(server.origin, { signal: whileSent.signal })
    await expect.poll(() => server.requests).toHaveLength(1)
    whileSent.abort(reason)
    await expect(sending).rejects.toBe(reason)
    const whileRenewed = new AbortController()
    // The renewal goes on for whoever else waits.
    const renewing = Promise.withResolvers<void>()
    manager.unregisterAuthenticator('com.example')
    manager.registerAuthenticator({
      ...serviceAt([]),
      getAuthToken: async () => {
        whileRenewed.abort(reason)
        await renewing.promise
        return { value: 'secret-9' }
      },
    })
    await manager.invalidateAuthToken('com.example', 'secret-1')
    await expect(send(server.origin, { signal: whileRenewed.signal })).rejects.toBe(reason)
    renewing.resolve()
    expect(server.requests).toHaveLength(1)
  })

  test('ends a request of axios that still waits for its token, by signal and by CancelToken', async () => {
    const renewing = Promise.withResolvers<void>()
    const source = axios.CancelToken.source()
    const controller = new AbortController()
    manager.unregisterAuthenticator('com.example')
    manager.registerAuthenticator({
      ...serviceAt([]),
      getAuthToken: async () => {
        source.cancel()
        controller.abort()
        await renewing.promise
        return { value: 'secret-9' }
      },
    })
    const origins = ['https://api.example.com']
    const http = authorizeAxios(axios.create(), { manager, account, authTokenType: 'api', origins })
    for (const config of [{ cancelToken: source.token }, { signal: controller.signal }]) {
      await expect(http.get('https://api.example.com/', config)).rejects.toMatchObject({ code: 'ERR_CANCELED' })
    }
    renewing.resolve()
  })

  test('has no token for an account that was removed', async () => {
    await using server = await startServer(accepting('secret-1'))
    const send = createAuthorizedFetch({ manager, account, authTokenType: 'api', origins: [server.origin] })
    await manager.removeAccount(account)
    await expect(send(server.origin)).rejects.toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
    expect(server.requests).toEqual([])
  })
})
