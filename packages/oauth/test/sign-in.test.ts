import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import type { NewAccount } from '@accountry/accounts'
import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorOf, expectNoSecret, testContext } from './context.ts'
import { obedientBrowser, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
beforeEach(async () => {
  server = await startScriptedServer()
})
afterEach(() => server[Symbol.asyncDispose]())

const request = { requiredFeatures: [], options: {} }

function authenticator(options: Partial<OAuthAuthenticatorOptions> = {}) {
  return createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: server.clientId,
    tokenTypes: { notes: { scopes: ['notes'] } },
    ...options,
  })
}

/** Signs in; the token endpoint answers with an ID token for the nonce that was sent. */
async function signIn(
  answer: (nonce: string) => object | Promise<object>,
  options: Partial<OAuthAuthenticatorOptions> = {},
  change?: (callback: URL, authorization: URL) => void | Promise<void>,
): Promise<{ account: Promise<NewAccount>; visited: URL[] }> {
  const browser = obedientBrowser(server)
  const interaction = {
    async openBrowser(opened: { url: URL }) {
      server.script('/token', { body: await answer(opened.url.searchParams.get('nonce') ?? '') })
      const callback = obedientBrowser(server, change as never)
      browser.visited.push(opened.url)
      await callback.openBrowser(opened)
    },
  }
  return { account: authenticator(options).addAccount(request, testContext({ interaction })), visited: browser.visited }
}

const goodAnswer = async (nonce: string) => ({
  access_token: 'secret-at',
  token_type: 'Bearer',
  expires_in: 300,
  refresh_token: 'secret-rt',
  id_token: await server.signIdToken({ nonce, email: 'ana@example.com' }),
})

describe('signing in through the loopback redirect', () => {
  it('returns the account with its name, its refresh token as password and its first token', async () => {
    const { account } = await signIn(goodAnswer)
    const before = Date.now()
    const { name, password, issuer, clientId, subject, claims, tokens } = await account
    expect({ name, password, issuer, clientId, subject }).toEqual({
      name: 'ana@example.com',
      password: 'secret-rt',
      issuer: server.issuer,
      clientId: 'desktop',
      subject: 'ana',
    })
    expect(claims).toEqual({ email: 'ana@example.com' })
    expect(tokens?.['notes']?.value).toBe('secret-at')
    expect(tokens?.['notes']?.expiresAt).toBeGreaterThan(before - 10_000)
    expect(tokens?.['notes']?.expiresAt).toBeLessThan(Date.now() + 300_001)
  })

  it('asks for a code with PKCE S256, a state and a nonce, and never twice the same (A-01)', async () => {
    const seen = new Set<string>()
    for (let round = 0; round < 2; round += 1) {
      const { account, visited } = await signIn(goodAnswer)
      await account
      const query = visited[0]!.searchParams
      expect(query.get('response_type')).toBe('code')
      expect(query.get('code_challenge_method')).toBe('S256')
      expect(query.get('state')!.length).toBeGreaterThanOrEqual(22)
      const sent = server.requestsTo('/token').at(-1)!.body
      const hash = createHash('sha256').update(sent.get('code_verifier')!).digest('base64url')
      expect(query.get('code_challenge')).toBe(hash)
      for (const name of ['state', 'nonce', 'code_challenge']) seen.add(query.get(name)!)
    }
    expect(seen.size).toBe(6)
  })

  it('sends the code with exactly the redirect URI of the request (A-17)', async () => {
    const { account, visited } = await signIn(goodAnswer)
    await account
    const sent = server.requestsTo('/token')
    expect(sent).toHaveLength(1)
    expect(sent[0]!.body.get('redirect_uri')).toBe(visited[0]!.searchParams.get('redirect_uri'))
    expect(sent[0]!.body.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/)
    expect(sent[0]!.body.get('client_id')).toBe('desktop')
  })

  it('frees its port before it returns', async () => {
    const { account, visited } = await signIn(goodAnswer)
    await account
    const { port } = new URL(visited[0]!.searchParams.get('redirect_uri')!)
    const outcome = await new Promise((resolve) => {
      const socket = connect({ port: Number(port), host: '127.0.0.1' })
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      socket.once('connect', () => resolve('connected'))
    })
    expect(outcome).toBe('ECONNREFUSED')
  })

  it.each([
    ['a nonce that was not sent', { nonce: 'other' }],
    ['no nonce', { nonce: undefined }],
    ['another issuer', { iss: 'http://127.0.0.1:1' }],
    ['the issuer with a final slash', 'slash'],
    ['another audience', { aud: 'other' }],
    ['a second audience', { aud: ['desktop', 'other'] }],
    ['a foreign azp', { azp: 'other' }],
    ['an empty sub', { sub: '' }],
    ['an end in the past', { exp: 1_000_000 }],
  ])('rejects an ID token with %s and stores nothing (D-rows)', async (_name, change) => {
    const claims = change === 'slash' ? { iss: `${server.issuer}/` } : (change as object)
    const { account } = await signIn(async (nonce) => ({
      ...(await goodAnswer(nonce)),
      id_token: await server.signIdToken({ nonce, ...claims } as never),
    }))
    const error = await errorOf(account)
    expect(['ERR_INVALID_RESPONSE', 'ERR_CLOCK_SKEW']).toContain(error.code)
    expectNoSecret(error, ['secret-at', 'secret-rt'])
  })

  it('rejects an ID token whose signature is by another key (D-12)', async () => {
    const other = await startScriptedServer()
    const { account } = await signIn(async (nonce) => ({
      ...(await goodAnswer(nonce)),
      id_token: await other.signIdToken({ nonce, iss: server.issuer }),
    }))
    expect((await errorOf(account)).code).toBe('ERR_INVALID_RESPONSE')
    await other[Symbol.asyncDispose]()
  })

  it('rejects an answer without ID token when one was asked for', async () => {
    const { account } = await signIn(() => ({ access_token: 'secret-at', token_type: 'Bearer' }))
    expect((await errorOf(account)).code).toBe('ERR_INVALID_RESPONSE')
  })

  it('asks UserInfo for a name only when the ID token has none', async () => {
    server.script('/userinfo', { body: { sub: 'ana', email: 'ana@info.example' } })
    const { account } = await signIn(async (nonce) => ({
      ...(await goodAnswer(nonce)),
      id_token: await server.signIdToken({ nonce }),
    }))
    expect((await account).name).toBe('ana@info.example')
    expect(server.requestsTo('/userinfo')[0]!.headers.authorization).toBe('Bearer secret-at')
  })

  it('rejects UserInfo about another person (D-24)', async () => {
    server.script('/userinfo', { body: { sub: 'eve', email: 'eve@info.example' } })
    const { account } = await signIn(async (nonce) => ({
      ...(await goodAnswer(nonce)),
      id_token: await server.signIdToken({ nonce }),
    }))
    expect((await errorOf(account)).code).toBe('ERR_INVALID_RESPONSE')
  })

  it('is ERR_DENIED when the person says no, without a token request', async () => {
    const { account } = await signIn(goodAnswer, {}, (callback) => {
      callback.searchParams.delete('code')
      callback.searchParams.set('error', 'access_denied')
      callback.searchParams.set('error_description', 'attacker text \u001b[31m')
    })
    const error = await errorOf(account)
    expect(error.code).toBe('ERR_DENIED')
    expect(error.message).not.toContain('attacker')
    expect(server.requestsTo('/token')).toHaveLength(0)
  })

  it.each([
    ['a wrong iss (A-13)', (callback: URL) => callback.searchParams.set('iss', 'https://evil.example')],
    ['two codes (A-18)', (callback: URL) => callback.searchParams.append('code', 'code-2')],
    ['an access token (A-20)', (callback: URL) => callback.searchParams.set('access_token', 'x')],
    ['an ID token (A-21)', (callback: URL) => callback.searchParams.set('id_token', 'x')],
    ['a code and an error', (callback: URL) => callback.searchParams.set('error', 'access_denied')],
  ])('ends with ERR_INVALID_RESPONSE for the right state with %s, and redeems nothing', async (_name, change) => {
    const { account } = await signIn(goodAnswer, {}, change)
    expect((await errorOf(account)).code).toBe('ERR_INVALID_RESPONSE')
    expect(server.requestsTo('/token')).toHaveLength(0)
  })

  it('rejects a missing iss where the server promised one (A-12)', async () => {
    await server[Symbol.asyncDispose]()
    server = await startScriptedServer({ authorization_response_iss_parameter_supported: true })
    const { account } = await signIn(goodAnswer, {}, (callback) => callback.searchParams.delete('iss'))
    expect((await errorOf(account)).code).toBe('ERR_INVALID_RESPONSE')
    expect(server.requestsTo('/token')).toHaveLength(0)
  })

  it('ignores a wrong state and then accepts the right one (A-05, A-07, A-09)', async () => {
    const { account } = await signIn(goodAnswer, {}, async () => undefined)
    expect((await account).name).toBe('ana@example.com')
    const browser = obedientBrowser(server)
    const wrong: number[] = []
    const interaction = {
      async openBrowser(opened: { url: URL }) {
        const callback = new URL(opened.url.searchParams.get('redirect_uri')!)
        for (const query of ['?code=x&state=wrong', '?error=access_denied&state=wrong', '?code=x', '']) {
          wrong.push((await fetch(callback.href + query)).status)
        }
        server.script('/token', { body: await goodAnswer(opened.url.searchParams.get('nonce')!) })
        await browser.openBrowser(opened)
      },
    }
    const second = await authenticator().addAccount(request, testContext({ interaction }))
    expect(second.password).toBe('secret-rt')
    expect(wrong).toEqual([400, 400, 400, 400])
  })

  it('is ERR_INTERACTION_REQUIRED where the app offers no browser, and asks nobody anything', async () => {
    const error = await errorOf(authenticator().addAccount(request, testContext()))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'no_browser' })
    expect(server.requests).toHaveLength(0)
  })

  it('times out when nobody comes back (A-25)', async () => {
    const interaction = { openBrowser: () => Promise.resolve() }
    const error = await errorOf(
      authenticator({ signInTimeoutMs: 20 }).addAccount(request, testContext({ interaction })),
    )
    expect(error.code).toBe('ERR_INTERACTION_TIMEOUT')
  })

  it('tells the open browser window when it is no longer needed', async () => {
    let signal: AbortSignal | undefined
    const interaction = {
      openBrowser(opened: { signal: AbortSignal }) {
        signal = opened.signal
        return new Promise<void>(() => undefined)
      },
    }
    await errorOf(authenticator({ signInTimeoutMs: 20 }).addAccount(request, testContext({ interaction })))
    expect(signal?.aborted).toBe(true)
  })

  it('reports a browser that cannot be opened (A-48)', async () => {
    const interaction = { openBrowser: () => Promise.reject(new Error('no display')) }
    const error = await errorOf(authenticator().addAccount(request, testContext({ interaction })))
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'no_browser' })
  })

  it('ends when the caller gives up', async () => {
    const controller = new AbortController()
    const interaction = { openBrowser: async () => controller.abort() }
    const context = testContext({ interaction, signal: controller.signal })
    expect((await errorOf(authenticator().addAccount(request, context))).code).toBe('ERR_ABORTED')
  })

  it.each([
    ['state', 'x'],
    ['redirect_uri', 'https://evil.example'],
    ['code_challenge_method', 'plain'],
    ['client_id', 'other'],
  ])('refuses to let a caller set %s, before anything is opened (A-19)', async (name, value) => {
    const browser = obedientBrowser(server)
    const options = { authorizationParameters: { [name]: value } }
    const adding = authenticator().addAccount({ requiredFeatures: [], options }, testContext({ interaction: browser }))
    const error = await errorOf(adding)
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATOR_FAILED', action: 'contact-developer' })
    expect(error.message).toContain(`options.authorizationParameters must not set ${name}`)
    expect(browser.visited).toEqual([])
  })

  it.each([
    [{ scopes: 'x' }, /options\.scopes must be an array of strings, received string/],
    [{ scopes: ['a b'] }, /options\.scopes must hold one scope per entry/],
    [{ scopes: [''] }, /options\.scopes holds no scope/],
    [{ claims: '{' }, /options\.claims must be a JSON object/],
    [{ maxAgeS: '5' }, /options\.maxAgeS must be a number of seconds, received string/],
    [{ authorizationParameters: [] }, /options\.authorizationParameters must be an object, received an array/],
  ])('says which option of a sign-in is wrong: %j', async (options, message) => {
    const browser = obedientBrowser(server)
    const adding = authenticator().addAccount({ requiredFeatures: [], options }, testContext({ interaction: browser }))
    expect((await errorOf(adding)).message).toMatch(message)
    expect(browser.visited).toEqual([])
  })

  it('passes on what the app wants of the sign-in', async () => {
    const browser = obedientBrowser(server)
    const options = {
      prompt: 'login',
      maxAgeS: 60,
      acrValues: ['mfa'],
      claims: '{"id_token":{}}',
      scopes: ['more'],
      authorizationParameters: { hd: 'example.com' },
    }
    const adding = authenticator().addAccount(
      { name: 'ana', requiredFeatures: [], options },
      testContext({ interaction: browser }),
    )
    await errorOf(adding)
    expect(Object.fromEntries(browser.visited[0]!.searchParams)).toMatchObject({
      prompt: 'login',
      max_age: '60',
      acr_values: 'mfa',
      claims: '{"id_token":{}}',
      login_hint: 'ana',
      hd: 'example.com',
      scope: expect.stringContaining('more'),
    })
  })

  it('comes back to a path that nobody can guess where the service takes any (LB-07)', async () => {
    const { account, visited } = await signIn(goodAnswer, { quirks: { anyRedirectPath: true } })
    await account
    expect(new URL(visited[0]!.searchParams.get('redirect_uri')!).pathname).toMatch(/^\/callback\/[\w-]{22}$/)
  })

  it('comes back to an address without a path where it was registered so', async () => {
    const { account, visited } = await signIn(goodAnswer, { redirectUri: 'http://localhost' })
    await account
    expect(visited[0]!.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+$/)
  })

  it('does not redeem the code a second time when the answer is lost (C-13)', async () => {
    const { account } = await signIn(goodAnswer, {}, () => server.script('/token', { cut: 'before-headers' }))
    expect(await errorOf(account)).toMatchObject({ code: 'ERR_NETWORK' })
    expect(server.requestsTo('/token')).toHaveLength(1)
  })

  it('remembers which scopes the person did not allow', async () => {
    const { account } = await signIn(async (nonce) => ({ ...(await goodAnswer(nonce)), scope: 'openid email' }))
    const { fields, tokens } = await account
    expect(fields?.['refusedScopes']).toBe('notes')
    expect(tokens).toEqual({})
  })
})
