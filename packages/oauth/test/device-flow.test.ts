import { createOAuthAuthenticator } from '@accountry/oauth'
import { createFakeClock, type FakeClock } from '@accountry/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readDeviceCode } from '../src/device-flow.ts'
import { errorOf, expectNoSecret, recordingLog, testContext } from './context.ts'
import { type ScriptedAnswer, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
let clock: FakeClock
let polledAt: number[]
beforeEach(async () => {
  server = await startScriptedServer()
  clock = createFakeClock(Date.now())
  polledAt = []
  const { issuer } = server
  server.script('/.well-known/openid-configuration', {
    body: {
      issuer,
      token_endpoint: `${issuer}/token`,
      device_authorization_endpoint: `${issuer}/device`,
      scopes_supported: [],
    },
  })
})
afterEach(() => server[Symbol.asyncDispose]())

const code = {
  device_code: 'secret-device-code',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://as.example/device',
  expires_in: 900,
}
const pending = { status: 400, body: { error: 'authorization_pending' } }
const granted = { body: { access_token: 'secret-at', token_type: 'bearer', refresh_token: 'secret-rt', scope: '' } }

/** Polls with a clock that is advanced second by second until the sign-in ends, or until `stop`. */
async function signIn(device: object, answers: readonly ScriptedAnswer[], stop = () => false) {
  server.script('/device', { body: device })
  server.script('/token', ...answers)
  const log = recordingLog()
  const startedAt = clock.monotonic()
  let inFlight = 0
  const context = testContext({
    clock,
    log,
    interaction: { showDeviceCode: async () => undefined },
    fetch: async (input, init) => {
      if (String(input).endsWith('/token')) polledAt.push(Math.round((clock.monotonic() - startedAt) / 1000))
      inFlight += 1
      try {
        const response = await fetch(input, init)
        return new Response(await response.text(), response)
      } finally {
        inFlight -= 1
      }
    },
  })
  const own = createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: 'desktop',
    flow: 'device-code',
  })
  let settled = false
  const watched = own.addAccount({ requiredFeatures: [], options: {} }, context).finally(() => {
    settled = true
  })
  watched.catch(() => undefined)
  // The server is real and needs real time: the clock stands still until the flow waits for nothing but the clock.
  const isWaiting = (): boolean => inFlight === 0 && clock.pendingTimers > 0
  const quiet = async (): Promise<void> => {
    while (!settled && !isWaiting()) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  for (let step = 0; step < 1000 && !settled && !stop(); step += 1) {
    await quiet()
    await clock.advance(1_000)
    await quiet()
  }
  return { adding: watched, log }
}

describe('the device grant', () => {
  it('waits five seconds before the first request and between requests when no interval is named (DG-01)', async () => {
    const { adding } = await signIn(code, [pending, pending, granted])
    expect((await adding).password).toBe('secret-rt')
    expect(polledAt).toEqual([5, 10, 15])
  })

  it('waits as long as the server says', async () => {
    const { adding } = await signIn({ ...code, interval: 1 }, [pending, granted])
    await adding
    expect(polledAt).toEqual([1, 2])
  })

  it('slows down by five seconds for good (E-02)', async () => {
    const slow = { status: 400, body: { error: 'slow_down' } }
    const { adding } = await signIn(code, [slow, slow, pending, granted])
    await adding
    expect(polledAt).toEqual([5, 15, 30, 45])
  })

  it('takes the interval that comes with slow_down (E-03, GitHub with 200)', async () => {
    const { adding } = await signIn(code, [{ body: { error: 'slow_down', interval: 20 } }, granted])
    await adding
    expect(polledAt).toEqual([5, 25])
  })

  it('backs off while the server has problems, and goes on (E-09)', async () => {
    const { adding } = await signIn(code, [{ status: 500 }, { cut: 'before-headers' }, granted])
    await adding
    expect(polledAt).toEqual([5, 11, 18])
  })

  it('waits as long as Retry-After says (E-10)', async () => {
    const { adding } = await signIn(code, [{ status: 503, headers: { 'retry-after': '30' } }, granted])
    await adding
    expect(polledAt).toEqual([5, 40])
  })

  it.each([
    ['access_denied (E-06)', { status: 400, body: { error: 'access_denied' } }, 'ERR_DENIED'],
    ['expired_token (E-07)', { status: 400, body: { error: 'expired_token' } }, 'ERR_INTERACTION_TIMEOUT'],
    ['an unknown error (E-08)', { status: 400, body: { error: 'foo' } }, 'ERR_MISCONFIGURED'],
    ['a code that the server rejects', { status: 400, body: { error: 'invalid_grant' } }, 'ERR_INVALID_RESPONSE'],
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }, 'ERR_MISCONFIGURED'],
  ])('stops at %s and starts nothing anew', async (_name, answer, expected) => {
    const { adding } = await signIn(code, [answer])
    expect((await errorOf(adding)).code).toBe(expected)
    expect(polledAt).toEqual([5])
    expect(server.requestsTo('/device')).toHaveLength(1)
  })

  it('stops when the code has run out, without another request (E-11)', async () => {
    const { adding } = await signIn({ ...code, expires_in: 12 }, [pending])
    expect((await errorOf(adding)).code).toBe('ERR_INTERACTION_TIMEOUT')
    expect(polledAt).toEqual([5, 10])
  })

  it('knows after a long sleep that the code has run out (E-12)', async () => {
    const { adding } = await signIn(code, [pending], () => polledAt.length === 2)
    clock.suspend(20 * 60_000)
    for (let step = 0; step < 10; step += 1) {
      await clock.advance(1_000)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect((await errorOf(adding)).code).toBe('ERR_INTERACTION_TIMEOUT')
    expect(polledAt).toHaveLength(2)
  })

  it('logs nothing of the code', async () => {
    const { adding, log } = await signIn(code, [granted])
    await adding
    expectNoSecret(log.records, ['secret-device-code', 'secret-at', 'secret-rt', 'ABCD-EFGH'])
  })
})

describe('readDeviceCode', () => {
  it.each([
    [undefined, 5_000],
    [0, 1_000],
    [-1, 1_000],
    ['5', 5_000],
    [1e9, 60_000],
    ['soon', 5_000],
    [Number.NaN, 5_000],
  ])('reads interval %j as %d ms (E-14)', (interval, intervalMs) => {
    expect(readDeviceCode({ ...code, interval })?.intervalMs).toBe(intervalMs)
  })

  it.each([
    ['600', 600_000],
    [undefined, 900_000],
    ['soon', 900_000],
    [0, 900_000],
    [-5, 900_000],
    [1e12, 3_600_000],
  ])('reads lifetime %j as %d ms (E-14)', (lifetime, lifetimeMs) => {
    expect(readDeviceCode({ ...code, expires_in: lifetime })?.lifetimeMs).toBe(lifetimeMs)
  })

  it('makes the user code printable (I-07)', () => {
    expect(readDeviceCode({ ...code, user_code: 'AB\u001b[31m\u202eCD' })?.userCode).toBe('AB [31m CD')
  })

  it.each([['javascript:alert(1)'], ['http://as.example/device'], ['https://user:pw@as.example/'], [7]])(
    'refuses the address %s',
    (uri) => {
      expect(readDeviceCode({ ...code, verification_uri: uri })).toBeUndefined()
    },
  )

  it('passes a complete address on only when it is on the host that is shown', () => {
    const complete = (uri: string) =>
      readDeviceCode({ ...code, verification_uri_complete: uri })?.verificationUriComplete
    expect(complete('https://as.example/device?code=1')).toBe('https://as.example/device?code=1')
    expect(complete('https://evil.example/device?code=1')).toBeUndefined()
  })
})
