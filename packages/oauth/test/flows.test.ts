import { SecretInput } from '@accountry/accounts'
import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { type AuthorizationServer, createFakeClock, startAuthorizationServer } from '@accountry/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { placeOf, type Surroundings } from '../src/environment.ts'
import { FLOW_TRAITS, type FlowChoice, pickFlow } from '../src/flows.ts'
import { errorOf, testContext, testCredential } from './context.ts'

let server: AuthorizationServer
beforeEach(async () => {
  server = await startAuthorizationServer()
})
afterEach(() => server.close())

const account = { id: 'a1', type: 'com.example', name: 'ana@example.com' }
const request = { requiredFeatures: [], options: {} }

function authenticator(options: Partial<OAuthAuthenticatorOptions> = {}) {
  return createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: server.clientId,
    tokenTypes: { tasks: { scopes: ['tasks.read'] } },
    ...options,
  })
}

describe('against a real authorization server', () => {
  it('signs in, renews with rotation and revokes', async () => {
    const own = authenticator()
    const created = await own.addAccount(request, testContext({ interaction: server.browser('ana') }))
    expect(created).toMatchObject({ name: 'ana@example.com', subject: 'ana', issuer: server.issuer })
    const { context, current } = testCredential({ ...created, fields: created.fields ?? {} } as never)
    void current
    const token = await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, context)
    expect(token.value).not.toBe(created.tokens?.['tasks']?.value)
    expect(context.credential.password).not.toBe(created.password)
    await own.revoke!(account, context)
    expect(await server.isRefreshTokenAlive(context.credential.password!)).toBe(false)
  })

  it('is denied when the person says no', async () => {
    server.consent = 'deny'
    const error = await errorOf(authenticator().addAccount(request, testContext({ interaction: server.browser() })))
    expect(error.code).toBe('ERR_DENIED')
  })

  it('says that a used refresh token is dead', async () => {
    const password = await server.mintRefreshToken()
    const own = authenticator()
    const first = testCredential({ password })
    await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, first.context)
    const second = testCredential({ password })
    const error = await errorOf(own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, second.context))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'revoked_or_reused' })
  })

  it('keeps working with the last good metadata while discovery is down (F-09)', async () => {
    const clock = createFakeClock(Date.now())
    const own = authenticator()
    const stored = testCredential({ password: await server.mintRefreshToken() }, { clock })
    await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
    await clock.advance(2 * 3_600_000)
    server.faults.always('discovery', { status: 503 })
    await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
    await clock.advance(25 * 3_600_000)
    const error = await errorOf(own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context))
    expect(error.code).toBe('ERR_SERVER')
  })

  it('asks for resources in every request (F-18)', async () => {
    const resource = 'https://api.example.com/v1'
    const own = authenticator({ tokenTypes: { tasks: { scopes: ['tasks.read'], resource } } })
    const created = await own.addAccount(request, testContext({ interaction: server.browser() }))
    const stored = testCredential({ ...created, fields: created.fields ?? {} } as never)
    const token = await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
    const [, payload] = token.value.split('.')
    expect(JSON.parse(Buffer.from(payload!, 'base64url').toString()).aud).toBe(resource)
    const sent = [...server.requestsTo('authorization').slice(0, 1), ...server.requestsTo('token')]
    expect(sent.map(({ params }) => params['resource'])).toEqual([resource, resource, resource])
  })

  describe('pushed requests (RFC 9126)', () => {
    it('pushes where the server demands it, and shows the browser a reference only (E-50)', async () => {
      await server.close()
      server = await startAuthorizationServer({ features: { par: 'required' } })
      const visited: URL[] = []
      const browser = server.browser()
      const interaction = {
        openBrowser: async (opened: never) => {
          visited.push((opened as { url: URL }).url)
          await browser.openBrowser!(opened)
        },
      }
      const created = await authenticator().addAccount(request, testContext({ interaction }))
      expect(created.subject).toBe('ana')
      expect([...visited[0]!.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    })

    it('pushes again when the app took longer to open the browser than the server keeps the request (E-50)', async () => {
      await server.close()
      const clock = createFakeClock(Date.now())
      server = await startAuthorizationServer({ clock, features: { par: 'required' } })
      const visited: URL[] = []
      const browser = server.browser()
      const interaction = {
        openBrowser: async (opened: never) => {
          visited.push((opened as { url: URL }).url)
          // The person is asked first, and is away.
          if (visited.length === 1) await clock.advance(600_000)
          await browser.openBrowser!(opened)
        },
      }
      const own = authenticator({ signInTimeoutMs: 3_600_000 })
      const created = await own.addAccount(request, testContext({ clock, interaction }))
      expect(created.subject).toBe('ana')
      expect(new Set(visited.map((url) => url.searchParams.get('request_uri'))).size).toBe(2)
      const pushed = server.requestsTo('par').map(({ params }) => [params['state'], params['code_challenge']])
      expect(pushed).toHaveLength(2)
      expect(pushed[0]).toEqual(pushed[1])
    })

    it('opens no second page when the app returns only after the person has', async () => {
      await server.close()
      const clock = createFakeClock(Date.now())
      server = await startAuthorizationServer({ clock, features: { par: 'required' } })
      const browser = server.browser()
      let opened = 0
      const interaction = {
        openBrowser: async (request: never) => {
          opened += 1
          await browser.openBrowser!(request)
          // What was pushed has run out by now, and the code is still being redeemed.
          await clock.advance(2_000)
          setImmediate(redeemed.resolve)
        },
      }
      const redeemed = Promise.withResolvers<void>()
      server.faults.next('par', { rewrite: (body) => ({ ...body, expires_in: 1 }) })
      server.faults.next('token', { hold: redeemed.promise })
      const own = authenticator({ signInTimeoutMs: 3_600_000 })
      const created = await own.addAccount(request, testContext({ clock, interaction }))
      expect([created.subject, opened, server.requestsTo('par').length]).toEqual(['ana', 1, 1])
    })

    it('opens no second page while the first is good, and gives up on a browser that fails', async () => {
      await server.close()
      server = await startAuthorizationServer({ features: { par: 'required' } })
      const interaction = { openBrowser: () => Promise.reject(new Error('no display')) }
      const error = await errorOf(authenticator().addAccount(request, testContext({ interaction })))
      expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'no_browser' })
      expect(server.requestsTo('par')).toHaveLength(1)
    })

    it('says that the server takes none when the app insists', async () => {
      await server.close()
      server = await startAuthorizationServer({ features: { par: false } })
      const own = authenticator({ par: true })
      const error = await errorOf(own.addAccount(request, testContext({ interaction: server.browser() })))
      expect(error.code).toBe('ERR_MISCONFIGURED')
    })
  })

  describe('tokens bound to a key (RFC 9449)', () => {
    it('keeps the key beside the refresh token and renews with it (E-30)', async () => {
      const own = authenticator({ dpop: 'require' })
      const created = await own.addAccount(request, testContext({ interaction: server.browser() }))
      expect(created.tokens?.['tasks']?.scheme).toBe('DPoP')
      expect(JSON.parse(created.fields!['dpopKey']!)).toMatchObject({ kty: 'EC', crv: 'P-256' })
      const stored = testCredential({ ...created, fields: created.fields! } as never)
      const token = await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
      expect(token.scheme).toBe('DPoP')
      expect(stored.current.fields['dpopKey']).toBe(created.fields!['dpopKey'])
    })

    it('makes the proof again with the nonce that the server wants (E-33)', async () => {
      await server.close()
      server = await startAuthorizationServer({ features: { dpop: 'nonce' } })
      const own = authenticator({ dpop: 'prefer' })
      const created = await own.addAccount(request, testContext({ interaction: server.browser() }))
      expect(created.name).toBe('ana@example.com')
      server.clearRequests()
      const stored = testCredential({ ...created, fields: created.fields! } as never)
      await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
      // The nonce is remembered from the sign-in.
      expect(server.requestsTo('token')).toHaveLength(1)
    })

    it('gives up after two more proofs (E-34)', async () => {
      const own = authenticator({ dpop: 'require' })
      const stored = testCredential({ password: await server.mintRefreshToken() })
      let count = 0
      server.faults.always('token', { rewrite: () => `{"error":"use_dpop_nonce"}`, delayMs: 0 } as never)
      const fetching: typeof fetch = async (input, init) => {
        const response = await fetch(input, init)
        if (!String(input).endsWith('/token')) return response
        count += 1
        return new Response('{"error":"use_dpop_nonce"}', { status: 400, headers: { 'dpop-nonce': `n${count}` } })
      }
      const context = { ...stored.context, fetch: fetching }
      const error = await errorOf(own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, context))
      expect(error).toMatchObject({ code: 'ERR_SERVER', retryable: true })
      expect(count).toBe(3)
    })

    it('refuses a token that is not bound when the app insists, and keeps the refresh token (E-31)', async () => {
      const own = authenticator({ dpop: 'require' })
      const stored = testCredential({ password: await server.mintRefreshToken() })
      server.faults.next('token', { rewrite: (body) => ({ ...body, token_type: 'Bearer' }) })
      const error = await errorOf(own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context))
      expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED', reason: 'unsupported_token_type' })
      expect(await server.isRefreshTokenAlive(stored.current.password!)).toBe(true)
    })

    it('saves a new key before it sends a proof with it (DP-02)', async () => {
      const own = authenticator({ dpop: 'prefer' })
      const requestsWhenSaved: number[] = []
      const replace = () => void requestsWhenSaved.push(server.requestsTo('token').length)
      const stored = testCredential({ password: await server.mintRefreshToken() }, { replace })
      const token = await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
      expect(token.scheme).toBe('DPoP')
      expect(requestsWhenSaved).toEqual([0, 1])
      expect(stored.updates[0]).toEqual({ fields: { dpopKey: expect.any(String) } })
    })
  })

  describe('device codes (RFC 8628)', () => {
    const flow = 'device-code' as const

    it('signs in on another device', async () => {
      const shown: { userCode: string; verificationUri: string }[] = []
      const interaction = {
        async showDeviceCode(code: { userCode: string; verificationUri: string }) {
          shown.push(code)
          await server.approveDevice(code.userCode, 'ben')
        },
      }
      const clock = createFakeClock(Date.now())
      const adding = authenticator({ flow }).addAccount(request, testContext({ interaction, clock }))
      const done = driven(clock, adding)
      expect((await done).name).toBe('ben@example.com')
      expect(shown[0]!.verificationUri).toMatch(/^http:\/\/127\.0\.0\.1/)
      expect(server.requestsTo('token')).toHaveLength(1)
    })

    it('ends when the person says no (E-06)', async () => {
      const interaction = { showDeviceCode: ({ userCode }: { userCode: string }) => server.denyDevice(userCode) }
      const clock = createFakeClock(Date.now())
      const adding = authenticator({ flow }).addAccount(request, testContext({ interaction, clock }))
      expect(await errorOf(driven(clock, adding))).toMatchObject({ code: 'ERR_DENIED' })
    })

    it('needs an app that shows the code', async () => {
      const error = await errorOf(authenticator({ flow }).addAccount(request, testContext({ interaction: {} })))
      expect(error.code).toBe('ERR_INTERACTION_REQUIRED')
    })
  })

  describe('sessions', () => {
    it('starts here and finishes with the URL that a web server received', async () => {
      const { clientId, clientSecret } = server.confidentialClient
      const redirectUri = 'https://app.example.com/callback'
      const own = authenticator({ clientId, clientSecret, redirectUri, flow: 'web' })
      const started = await own.startAddAccountSession!({ options: {} }, testContext())
      const url = await server.signIn(started.url!, 'ben')
      expect(url.href).toContain(redirectUri)
      const session = JSON.parse(JSON.stringify(started.session))
      const created = await own.finishSession!({ session, answer: { url } }, testContext())
      expect(created).toMatchObject({ name: 'ben@example.com', subject: 'ben' })
    })

    it.each([
      ['another state', (url: URL) => url.searchParams.set('state', 'other')],
      ['no state', (url: URL) => url.searchParams.delete('state')],
      ['another path', (url: URL) => Object.assign(url, { pathname: '/other' })],
      ['another host', (url: URL) => Object.assign(url, { host: 'evil.example' })],
      ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ])('rejects a URL with %s and redeems nothing', async (_name, change) => {
      const own = authenticator()
      const redirectUri = 'http://127.0.0.1:4711/callback'
      const started = await own.startAddAccountSession!({ options: {}, redirectUri }, testContext())
      const url = await server.signIn(started.url!)
      change(url)
      const error = await errorOf(own.finishSession!({ session: started.session, answer: { url } }, testContext()))
      expect(error.code).toBe('ERR_INVALID_RESPONSE')
      expect(server.requestsTo('token')).toHaveLength(0)
    })

    it('says that none of it works inside one call', async () => {
      const own = authenticator({ redirectUri: 'com.example.app:/signed-in', flow: ['app-link', 'loopback'] })
      const error = await errorOf(own.addAccount(request, testContext({ interaction: server.browser() })))
      expect(error.code).toBe('ERR_UNSUPPORTED')
      expect(error.message).toContain('startAddAccountSession')
    })
  })

  describe('a pasted address', () => {
    const paste = (answer: (url: string) => Promise<string>) => ({
      async promptCredentials({ fields }: { fields: readonly { label: string }[] }) {
        const [url = ''] = /http\S+/.exec(fields[0]!.label) ?? []
        return { redirect: new SecretInput(await answer(url)) }
      },
    })

    it('signs in over SSH with the address where the browser ended up', async () => {
      const interaction = paste(async (url) => (await server.signIn(url, 'ben')).href)
      const own = authenticator({ flow: 'pasted-redirect' })
      expect((await own.addAccount(request, testContext({ interaction }))).name).toBe('ben@example.com')
    })

    it('refuses the code alone (A-27)', async () => {
      const interaction = paste(async (url) => (await server.signIn(url)).searchParams.get('code')!)
      const own = authenticator({ flow: 'pasted-redirect' })
      const error = await errorOf(own.addAccount(request, testContext({ interaction })))
      expect(error.code).toBe('ERR_INVALID_RESPONSE')
      expect(server.requestsTo('token')).toHaveLength(0)
    })
  })

  describe('without a person', () => {
    it('gets tokens with the credentials of the client', async () => {
      const own = authenticator({ ...server.confidentialClient, flow: 'client-credentials' })
      const created = await own.addAccount(request, testContext())
      expect(created).toMatchObject({ name: server.confidentialClient.clientId })
      expect(created.password).toBeUndefined()
      expect(created.tokens?.['tasks']?.value).toBeTruthy()
      const stored = testCredential({ issuer: server.issuer, clientId: server.confidentialClient.clientId })
      const token = await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
      expect(token.value).toBeTruthy()
    })

    it('says that the developer has to act when the secret is wrong', async () => {
      const { clientId } = server.confidentialClient
      const own = authenticator({ clientId, clientSecret: 'wrong', flow: 'client-credentials' })
      const error = await errorOf(own.addAccount(request, testContext()))
      expect(error.code).toBe('ERR_MISCONFIGURED')
      expect(server.requestsTo('token')).toHaveLength(1)
    })
  })

  it('exchanges a token for one of another audience (RFC 8693)', async () => {
    const tokenTypes = {
      tasks: { scopes: ['tasks.read'], exchange: { audience: 'https://other.example', subjectScopes: ['tasks.read'] } },
    }
    const own = authenticator({ ...server.confidentialClient, tokenTypes })
    const { clientId } = server.confidentialClient
    const stored = testCredential({ password: await server.mintRefreshToken({ clientId }) })
    const token = await own.getAuthToken({ account, authTokenType: 'tasks', options: {} }, stored.context)
    expect(token.value).toBeTruthy()
    expect(server.requestsTo('token').map(({ grantType }) => grantType)).toEqual([
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ])
  })
})

/** Lets time pass until the promise settles. */
async function driven<T>(clock: ReturnType<typeof createFakeClock>, promise: Promise<T>): Promise<T> {
  let settled = false
  const watched = promise.finally(() => {
    settled = true
  })
  watched.catch(() => undefined)
  for (let step = 0; step < 600 && !settled; step += 1) {
    await clock.advance(1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return watched
}

describe('pickFlow', () => {
  const loopback = { kind: 'loopback', loopback: { host: '127.0.0.1', port: 0, path: '/' } } as const
  const all = { openBrowser: async () => undefined, showDeviceCode: async () => undefined }
  const base: FlowChoice = {
    flows: ['loopback', 'device-code'],
    redirect: loopback,
    interaction: all,
    place: 'desktop',
  }

  it.each<[string, Partial<FlowChoice>, string | undefined]>([
    ['the first where everything works', {}, 'loopback'],
    ['the second without a local browser', { place: 'remoteShell' }, 'device-code'],
    [
      'the only one even so: the app knows better than a guess',
      { flows: ['loopback'], place: 'remoteShell' },
      'loopback',
    ],
    ['one that the app can show', { interaction: { showDeviceCode: async () => undefined } }, 'device-code'],
    ['none when nobody can be asked', { interaction: undefined }, undefined],
    ['none that needs two calls', { flows: ['web', 'app-link'] }, undefined],
  ])('picks %s', (_name, change, flow) => {
    expect(pickFlow({ ...base, ...change }).flow).toBe(flow)
  })

  it.each(['remoteShell', 'cloudWorkspace', 'container', 'noDisplay'] as const)(
    'says why no browser helps: %s',
    (place) => {
      const { openBrowser } = all
      const picked = pickFlow({ ...base, interaction: { openBrowser }, place })
      expect(picked).toMatchObject({
        needsInteraction: true,
        reasons: [/^loopback: th/, 'device-code: the app shows no code'].map((text) => expect.stringMatching(text)),
      })
    },
  )

  it.each<[string, NodeJS.ProcessEnv, Partial<Surroundings>, string]>([
    ['a display', { DISPLAY: ':0' }, {}, 'desktop'],
    ['a browser that somebody named', { BROWSER: 'lynx' }, {}, 'desktop'],
    ['a Mac', {}, { platform: 'darwin' }, 'desktop'],
    ['Windows', {}, { platform: 'win32' }, 'desktop'],
    ['WSL by its variables', { WSL_DISTRO_NAME: 'Debian' }, {}, 'wsl'],
    ['WSL by its kernel, under sudo', {}, { kernel: () => 'Linux version 6.6-microsoft-standard-WSL2' }, 'wsl'],
    ['SSH', { SSH_CONNECTION: 'x', DISPLAY: ':10' }, {}, 'remoteShell'],
    ['SSH to a Mac', { SSH_TTY: 'x' }, { platform: 'darwin' }, 'remoteShell'],
    ['a container of systemd or Podman', { container: 'podman' }, {}, 'container'],
    ['a container of Docker', { DISPLAY: ':0' }, { hasFile: (path) => path === '/.dockerenv' }, 'container'],
    ['a container of Podman by its file', {}, { hasFile: (path) => path === '/run/.containerenv' }, 'container'],
    ['Kubernetes', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, {}, 'container'],
    ['a bare server', {}, {}, 'noDisplay'],
    ['a workspace in the cloud', { CODESPACES: 'true' }, {}, 'cloudWorkspace'],
  ])('knows %s', (_name, variables, others, place) => {
    const nothing: Surroundings = { variables, platform: 'linux', hasFile: () => false, kernel: () => '' }
    expect(placeOf({ ...nothing, ...others })).toBe(place)
  })

  it('has a reason for one flow only to need a browser here', () => {
    const bound = Object.entries(FLOW_TRAITS).filter(([, traits]) => !traits.container)
    expect(bound.map(([flow]) => flow)).toEqual(['loopback'])
  })
})
