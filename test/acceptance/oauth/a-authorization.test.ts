import { createHash } from 'node:crypto'
import { type InteractionHandler, SecretInput } from '@accountry/accounts'
import { startScriptedServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failure } from './support/canaries.ts'
import { Service } from './support/service.ts'
import { MINUTE, openWorld, scriptedWorld } from './support/world.ts'

describe('an authorization request', () => {
  it('A-01 asks for a code with PKCE S256, a state, and a nonce with openid only; nothing of it comes twice', async () => {
    const world = await scriptedWorld()
    await world.signIn()
    await world.signIn()
    const unlike = new Set<string | null>()
    for (const [index, { url }] of world.visits.entries()) {
      const query = url.searchParams
      expect(query.get('response_type')).toBe('code')
      expect(query.get('code_challenge_method')).toBe('S256')
      const verifier = world.service.tokenRequests[index]?.get('code_verifier') ?? ''
      expect(query.get('code_challenge')).toBe(createHash('sha256').update(verifier).digest('base64url'))
      expect(query.get('state')?.length).toBeGreaterThanOrEqual(22)
      for (const name of ['state', 'nonce', 'code_challenge']) unlike.add(query.get(name))
    }
    expect(unlike.size).toBe(6)
    const other = await openWorld(world.service, { oauth: { signInScopes: [], nameClaims: ['sub'] } })
    await other.signIn().catch(() => undefined)
    expect(other.visits[0]?.url.searchParams.has('nonce')).toBe(false)
  })

  it('A-03 is never made with the plain method, and a server that lists nothing else is worth a warning', async () => {
    const world = await scriptedWorld({}, { code_challenge_methods_supported: ['plain'] })
    await world.signIn()
    expect(world.visits[0]?.url.searchParams.get('code_challenge_method')).toBe('S256')
    expect(world.log.map(({ event }) => event)).toContain('pkce_not_announced')
  })

  it.each([
    ['state', 'chosen'],
    ['redirect_uri', 'https://evil.example'],
    ['code_challenge_method', 'plain'],
    ['code_challenge', 'x'],
    ['response_type', 'token'],
    ['client_id', 'other'],
  ])('A-19 lets nobody choose %s, and no browser opens', async (name, value) => {
    const world = await scriptedWorld()
    const error = await failure(world.signIn({ authorizationParameters: { [name]: value } }))
    expect(error).toMatchObject({ code: 'ERR_AUTHENTICATOR_FAILED', cause: { name: 'TypeError' } })
    expect(world.visits).toEqual([])
    expect(world.service.tokenRequests).toEqual([])
  })

  it.each([
    ['http beyond loopback', 'http://as.example/authorize'],
    ['a user name in it', 'https://user:pw@as.example/authorize'],
    ['a scheme that runs things', 'javascript:alert(1)'],
    ['a file', 'file:///etc/passwd'],
  ])('A-24 is not made at an endpoint with %s', async (_what, endpoint) => {
    const world = await scriptedWorld({}, { authorization_endpoint: endpoint })
    expect((await failure(world.signIn())).code).toBe('ERR_MISCONFIGURED')
    expect(world.visits).toEqual([])
  })

  it('A-25 is given up after ten minutes: the port is free, nothing is left to wait for', async () => {
    const world = await scriptedWorld()
    world.person = () => undefined
    const adding = failure(world.signIn())
    await until(() => world.visits.length === 1)
    await world.clock.advance(10 * MINUTE)
    expect((await adding).code).toBe('ERR_INTERACTION_TIMEOUT')
    const [visit] = world.visits
    await expect(visit?.raw('')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(visit?.signal.aborted).toBe(true)
    expect(await world.manager.getAccounts()).toEqual([])
    await world.manager.close()
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('A-48 says that no browser could be opened, and where', async () => {
    const world = await scriptedWorld()
    world.person = () => Promise.reject(new Error('spawn xdg-open ENOENT'))
    const error = await failure(world.signIn())
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'no_browser' })
    expect(error.message).toContain(new URL(world.service.issuer).host)
  })
})

describe('an authorization response', () => {
  it.each<[string, Record<string, string | undefined>]>([
    ['A-11 of another issuer than the one that was asked', { iss: 'https://other.example/secret-path' }],
    ['A-12 without the issuer that the server promised to name', { iss: undefined }],
    ['A-20 that brings an access token', { access_token: 'x', token_type: 'bearer', code: undefined }],
    ['A-21 that brings an ID token', { id_token: 'x', code: undefined }],
    ['A-28 that brings a signed response beside a code', { response: 'x.y.z' }],
  ])('%s is rejected, and the code is sent nowhere', async (_name, changes) => {
    const world = await scriptedWorld({}, { authorization_response_iss_parameter_supported: true })
    world.person = (visit) => visit.arrive(changes)
    const error = await failure(world.signIn())
    expect(error.code).toBe('ERR_INVALID_RESPONSE')
    expect(error.message).not.toContain('secret-path')
    expect(world.service.tokenRequests).toEqual([])
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('A-13 of another issuer is rejected also where the server did not promise to name it', async () => {
    const world = await scriptedWorld()
    world.person = (visit) => visit.arrive({ iss: `${world.service.issuer}/` })
    expect(await failure(world.signIn())).toMatchObject({ code: 'ERR_INVALID_RESPONSE', reason: 'issuer_mismatch' })
    expect(world.service.tokenRequests).toEqual([])
  })

  it('A-15 with an error of another issuer is rejected, and its words are shown to nobody', async () => {
    const world = await scriptedWorld()
    const error_description = 'call this number'
    world.person = (visit) =>
      visit.arrive({ code: undefined, error: 'access_denied', error_description, iss: 'https://other.example' })
    const error = await failure(world.signIn())
    expect(error).toMatchObject({ code: 'ERR_INVALID_RESPONSE', reason: 'issuer_mismatch' })
    expect(`${JSON.stringify(error)} ${JSON.stringify(world.log)}`).not.toContain('call this number')
  })

  it('A-16 meant for the path of another issuer does not reach the flow of this one', async () => {
    const attacker = await scriptedWorld({ oauth: { redirectUri: 'http://127.0.0.1/callback/attacker' } })
    const honest = await openWorld(await Service.start(), {
      oauth: { redirectUri: 'http://127.0.0.1/callback/honest' },
    })
    let status = ''
    attacker.person = async (visit) => {
      // The honest server sends the victim's code to the path that is registered there.
      const path = new URL(visit.redirectUri).pathname.replace('attacker', 'honest')
      status =
        (await visit.raw(`GET ${path}?code=victim&state=${visit.state} HTTP/1.1\r\nHost: ${visit.host}\r\n\r\n`)).split(
          '\r\n',
        )[0] ?? ''
      await visit.arrive()
    }
    await attacker.signIn()
    expect(status).toBe('HTTP/1.1 404 Not Found')
    expect(attacker.service.tokenRequests.map((form) => form.get('code'))).not.toContain('victim')
    expect(attacker.service.tokenRequests).toHaveLength(1)
    expect((honest.service as Service).tokenRequests).toEqual([])
  })

  it('A-29 settles only the sign-in that it belongs to, when two are on their way', async () => {
    const world = await scriptedWorld()
    const other = await openWorld(await Service.start())
    ;(other.service as Service).identity({ sub: 'ben' })
    const both = Promise.withResolvers<void>()
    const answers: string[] = []
    for (const each of [world, other]) {
      each.person = async (visit) => {
        if (world.visits.length + other.visits.length === 2) both.resolve()
        await both.promise
        const [crossed] = each === world ? other.visits : world.visits
        answers.push(
          (
            await visit.raw(`GET ${visit.target({ state: crossed?.state })} HTTP/1.1\r\nHost: ${visit.host}\r\n\r\n`)
          ).slice(9, 12),
        )
        await visit.arrive()
      }
    }
    const [ana, ben] = await Promise.all([world.signIn(), other.signIn()])
    expect(answers).toEqual(['400', '400'])
    expect([ana.name, ben.name]).toEqual(['ana', 'ben'])
  })

  it('A-27 pasted by hand is held to the same state, and a code alone is not taken', async () => {
    const world = await scriptedWorld({
      oauth: { flow: 'pasted-redirect' },
      interaction: pasting([
        () => 'just-a-code',
        (url) => `${url.searchParams.get('redirect_uri')}?code=x&state=wrong`,
      ]),
    })
    for (let round = 0; round < 2; round += 1) {
      expect((await failure(world.signIn())).code).toBe('ERR_INVALID_RESPONSE')
    }
    expect(world.service.tokenRequests).toEqual([])
  })

  it('A-17 is redeemed with exactly the redirect URI that was asked for, whatever else arrived before', async () => {
    const world = await scriptedWorld()
    world.person = async (visit) => {
      await visit.raw(`GET http://evil.example${visit.target()} HTTP/1.1\r\nHost: evil.example\r\n\r\n`)
      await visit.arrive()
    }
    await world.signIn()
    expect(world.service.tokenRequests.map((form) => form.get('redirect_uri'))).toEqual([world.visits[0]?.redirectUri])
  })

  it('A-11 is not sent to another token endpoint that the metadata names meanwhile', async () => {
    await using elsewhere = await startScriptedServer()
    const world = await scriptedWorld()
    world.person = async (visit) => {
      world.service.describe({ token_endpoint: `${elsewhere.origin}/token` })
      await world.clock.advance(2 * MINUTE)
      await visit.arrive()
    }
    await world.signIn()
    expect(elsewhere.requests).toEqual([])
  })
})

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve))
}

/** A person who pastes something else each time. */
function pasting(answers: ((url: URL) => string)[]): InteractionHandler {
  let opened = new URL('about:blank')
  return {
    openBrowser: async ({ url }) => {
      opened = url
    },
    promptCredentials: async ({ fields }) => {
      const text = answers.shift()?.(opened) ?? ''
      return Object.fromEntries(fields.map(({ name }) => [name, new SecretInput(text)]))
    },
  }
}
