import { randomBytes } from 'node:crypto'
import { createAuthorizedFetch } from '@accountry/http'
import { createSecretAuthenticator } from '@accountry/oauth'
import { type SyncAdapter, SyncManager } from '@accountry/sync'
import { createFakeSyncEnvironment, openTestManager, startScriptedServer } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failure, letOut, secret, vaultFolder } from './support/canaries.ts'
import { goodTokens, Service } from './support/service.ts'
import { HOUR, MINUTE, openWorld, scriptedWorld, TYPE } from './support/world.ts'

const OLD = secret('refresh token')

describe('a service that fails', () => {
  it('C-05 because another program used the refresh token is asked again with the one that is stored now', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    const other = await world.another()
    const foreign = secret('refresh token of a program without leases')
    world.service.tokens(async ({ body }) => {
      if (new URLSearchParams(body).get('refresh_token') !== OLD) return { json: goodTokens() }
      await other.setPassword(account.id, foreign)
      return { status: 400, json: { error: 'invalid_grant' } }
    })
    expect((await world.manager.getAuthToken(account, 'notes')).value).toBe(secret('access token'))
    expect(world.service.tokenRequests.map((form) => form.get('refresh_token'))).toEqual([OLD, foreign])
    expect(await world.state(account)).toBe('ok')
    expect(await world.stored(account)).toBe(secret('rotated refresh token'))
  })

  it('C-21 for a day is asked no more often than every five minutes, and then goes on by itself', async () => {
    const world = await scriptedWorld({ random: latest })
    const account = await world.account()
    world.service.tokens({ status: 500, json: { error: 'server_error' } })
    const end = world.clock.now() + 24 * HOUR
    while (world.clock.now() < end) {
      const { code, retryAt = 0 } = await failure(world.manager.getAuthToken(account, 'notes'))
      expect([code, retryAt > world.clock.now()]).toEqual(['ERR_SERVER', true])
      world.clock.setWallClock(retryAt)
    }
    expect(world.service.tokenRequests.length).toBeLessThan(24 * 12 + 20)
    expect(await world.state(account)).toBe('degraded: server')
    expect(await world.stored(account)).toBe(OLD)
    world.service.tokens({ json: goodTokens() })
    world.clock.jump(5 * MINUTE)
    expect((await world.manager.getAuthToken(account, 'notes')).value).toBe(secret('access token'))
    expect(await world.state(account)).toBe('ok')
  })

  it.each<[string, (service: Service) => Promise<string>]>([
    ['C-23 that does not listen', async () => await closedOrigin()],
    ['C-23 whose name nobody knows', async () => 'https://nobody.invalid'],
  ])('%s is offline: nothing was sent, nothing is lost', async (_name, origin) => {
    const world = await scriptedWorld()
    const account = await world.account()
    const token_endpoint = `${await origin(world.service)}/token`
    world.service.describe({ token_endpoint })
    const error = await failure(world.manager.getAuthToken(account, 'notes'))
    expect(error).toMatchObject({ code: 'ERR_NETWORK', reason: 'offline', retryable: true, action: 'check-network' })
    expect(await world.state(account)).toBe('degraded: offline')
    expect(await world.stored(account)).toBe(OLD)
  })

  it.each(['expired', 'wrong-host', 'valid'] as const)(
    'C-23, G-22 with a certificate that is not right (%s) is sent nothing, and nobody is told to sign in',
    async (tls) => {
      await using secure = await startScriptedServer({ tls })
      const world = await scriptedWorld()
      const account = await world.account()
      world.service.describe({ token_endpoint: `${secure.origin}/token` })
      const error = await failure(world.manager.getAuthToken(account, 'notes'))
      expect(error).toMatchObject({ code: 'ERR_TLS', retryable: true })
      expect(error.action).not.toBe('sign-in')
      expect(secure.requests).toEqual([])
      expect(await world.stored(account)).toBe(OLD)
    },
  )

  it('G-22 while the check of certificates is switched off is sent nothing at all', async () => {
    await using secure = await startScriptedServer({ tls: 'valid' })
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.describe({ token_endpoint: `${secure.origin}/token` })
    await world.restart()
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    onTestFinished(() => void delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    expect((await failure(world.manager.getAuthToken(account.id, 'notes'))).code).toBe('ERR_TLS')
    expect(secure.requests).toEqual([])
    expect(world.service.tokenRequests).toEqual([])
  })

  it('C-24 because it does not know the client changes no account, and is asked once an hour', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.tokens({ status: 401, json: { error: 'invalid_client' } })
    for (let call = 0; call < 5; call += 1) {
      const error = await failure(world.manager.getAuthToken(account, 'notes'))
      expect(error).toMatchObject({ code: 'ERR_MISCONFIGURED', action: 'contact-developer' })
      world.clock.jump(10 * MINUTE)
    }
    expect(world.service.tokenRequests).toHaveLength(1)
    // What is wrong with the client is wrong for everybody: nobody else has to ask, and nobody has to sign in.
    const ben = await world.account('ben@example.com')
    expect((await failure(world.manager.getAuthToken(ben, 'notes'))).code).toBe('ERR_MISCONFIGURED')
    expect(world.service.tokenRequests).toHaveLength(1)
    expect(await world.stored(account)).toBe(OLD)
    world.service.tokens({ json: goodTokens() })
    world.clock.jump(HOUR)
    for (const each of [account, ben]) {
      expect((await world.manager.getAuthToken(each, 'notes')).value).toBe(secret('access token'))
    }
  })

  it('C-24 because it does not know the client is asked again once somebody could sign in', async () => {
    const world = await scriptedWorld()
    const [ana, ben] = [await world.account(), await world.account('ben@example.com')]
    world.service.tokens({ status: 401, json: { error: 'invalid_client' } })
    expect((await failure(world.manager.getAuthToken(ana, 'notes'))).code).toBe('ERR_MISCONFIGURED')
    world.service.identity({ sub: 'eve' })
    await world.signIn()
    world.service.tokens({ json: goodTokens() })
    expect((await world.manager.getAuthToken(ben, 'notes')).value).toBe(secret('access token'))
  })
})

describe('many accounts', () => {
  it('C-27 of a machine that slept for ten hours are renewed four at a time, each once', async () => {
    const service = await Service.start()
    let [now, most] = [0, 0]
    const held: (() => void)[] = []
    service.tokens(async () => {
      most = Math.max(most, ++now)
      await new Promise<void>((resolve) => held.push(resolve))
      now -= 1
      return { json: goodTokens() }
    })
    const world = await openWorld(service, { background: true })
    const expiresAt = world.clock.now() + 10 * HOUR
    for (let n = 0; n < 30; n += 1) {
      await world.manager.addAccountExplicitly(
        { type: TYPE, name: `person-${n}` },
        { password: `${OLD}-${n}`, tokens: { notes: { value: secret(`token ${n}`), expiresAt, scopes: ['notes'] } } },
      )
      await world.manager.getAuthToken((await world.manager.findAccount(TYPE, `person-${n}`))?.id ?? '', 'notes')
    }
    world.clock.suspend(10 * HOUR - 10 * MINUTE)
    await world.clock.advance(30_000)
    for (let done = 0; done < 30; ) {
      await world.clock.advance(1)
      const wave = Math.min(4, 30 - done)
      while (held.length < wave) await new Promise((resolve) => setImmediate(resolve))
      for (const release of held.splice(0)) release()
      done += wave
    }
    const sent = service.tokenRequests.map((form) => form.get('refresh_token'))
    expect([sent.length, new Set(sent).size, most]).toEqual([30, 30, 4])
  })

  it('C-32 jobs of a dead account are parked: a thousand of them ask for nothing', async () => {
    const world = await scriptedWorld()
    const account = await world.account()
    world.service.tokens({ status: 400, json: { error: 'invalid_grant' } })
    await failure(world.manager.getAuthToken(account, 'notes'))
    let runs = 0
    const adapter: SyncAdapter = {
      accountType: TYPE,
      authority: 'notes',
      isAlwaysSyncable: true,
      defaults: { syncAutomatically: true },
      async onPerformSync(context) {
        runs += 1
        await context.getAuthToken('notes')
      },
    }
    const sync = await SyncManager.open({
      accounts: world.manager,
      adapters: [adapter],
      clock: world.clock,
      environment: createFakeSyncEnvironment(),
    })
    onTestFinished(() => sync.close())
    sync.start()
    const jobs = Array.from({ length: 1_000 }, (_, job) =>
      sync.requestSync({ account, authority: 'notes', extras: { job } }),
    )
    await Promise.all(jobs.map(({ accepted }) => accepted.catch(() => undefined)))
    await world.clock.advance(HOUR)
    letOut('explanation', await sync.explain({ account, authority: 'notes' }))
    // Those that were on their way when the first one parked the target.
    expect(runs).toBeLessThanOrEqual(7)
    expect(world.service.tokenRequests).toHaveLength(1)
    expect((await sync.getSyncStatus({ account, authority: 'notes' }))?.parked).toBeTruthy()
  })
})

describe('a stored password', () => {
  it('C-31 that is wrong is tried once, and then asked for: nobody gets locked out', async () => {
    await using api = await startScriptedServer()
    api.always = { status: 401, headers: { 'www-authenticate': 'Basic realm="mail"' } }
    const authenticator = createSecretAuthenticator({
      type: TYPE,
      label: 'Mail',
      fields: [{ name: 'password', label: 'Password', secret: true }],
    })
    const world = await openTestManager({ directory: vaultFolder(), authenticators: [authenticator] })
    onTestFinished(() => world.close())
    const account = await world.manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: OLD })
    const origins = [api.origin]
    const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'mail', origins })
    for (let call = 0; call < 3; call += 1) await send(api.origin).catch((error: unknown) => letOut('error', error))
    expect(api.requests).toHaveLength(1)
    expect(await world.manager.getAccountInfo(account)).toMatchObject({
      state: 'needs-reauth',
      reason: 'token_rejected',
    })
    expect(await world.manager.getPassword(account)).toBe(OLD)
  })
})

/** Chance that always draws the most, and still never the same key or nonce twice. */
function latest(bytes: number): Uint8Array {
  return bytes === 4 ? new Uint8Array(4).fill(255) : randomBytes(bytes)
}

/** Where nobody listens any more. */
async function closedOrigin(): Promise<string> {
  const server = await startScriptedServer()
  await server.close()
  return server.origin
}
