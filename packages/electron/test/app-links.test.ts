import { describe, expect, it } from 'vitest'
import { claimAppLinks } from '../src/main/index.ts'
import { FakeDesktop, FakeShell } from './support/fake-app.ts'
import { openLinkWorld, REDIRECT, TYPE } from './support/link-world.ts'

describe('links', () => {
  it('answer a sign-in through the second instance that the system starts', async () => {
    const { begin, answerTo, desktop, told, world, shell } = await openLinkWorld()
    const { url, account } = await begin()
    const link = await answerTo(url)
    expect(link.startsWith(`${REDIRECT}?`)).toBe(true)
    const second = desktop.launch('--flag', link, '--other')
    expect(second.requestSingleInstanceLock()).toBe(false)
    expect(await account).toMatchObject({ type: TYPE, name: 'ana@example.com' })
    expect(told).toEqual(['answer'])
    expect(shell.opened).toHaveLength(1)
    expect(await world.manager.getAccounts()).toHaveLength(1)
  })
  it('answer a sign-in whose request was pushed, so that its URL shows no state', async () => {
    const { begin, answerTo, app } = await openLinkWorld({ par: true })
    const { url, account } = await begin()
    expect(new URL(url).searchParams.has('state')).toBe(false)
    app.openUrl(await answerTo(url))
    expect(await account).toMatchObject({ name: 'ana@example.com' })
  })

  it('answer a sign-in on macOS, and are taken from the system', async () => {
    const { begin, answerTo, app, told } = await openLinkWorld()
    const { url, account } = await begin()
    expect(app.openUrl(await answerTo(url))).toBe(true)
    expect(await account).toMatchObject({ name: 'ana@example.com' })
    expect(told).toEqual(['answer'])
  })

  it('sign in again as the same person, and as nobody else', async () => {
    const { begin, answerTo, app, signIn, shell, server, world } = await openLinkWorld()
    const { url, account } = await begin()
    app.openUrl(await answerTo(url))
    const ana = (await account) as { id: string }
    const again = async (user: string): Promise<unknown> => {
      const { promise, resolve } = Promise.withResolvers<string>()
      shell.browse = async (opened) => resolve(opened)
      const updated = signIn.updateCredentials(ana.id, {}).catch((error: unknown) => error)
      app.openUrl((await server.signIn(await promise, user)).href)
      return await updated
    }
    expect(await again('ana')).toMatchObject({ id: ana.id })
    expect(await again('ben')).toMatchObject({ code: 'ERR_IDENTITY_MISMATCH' })
    expect(await world.manager.getAccounts()).toHaveLength(1)
  })

  it('are dropped without a sign when nobody waits for them, however often they come', async () => {
    const { begin, answerTo, app, desktop, told, server } = await openLinkWorld()
    const { url, account } = await begin()
    const stray = `${REDIRECT}?code=stolen&state=other`
    for (let count = 0; count < 20; count++) {
      app.openUrl(stray)
      desktop.launch(stray).requestSingleInstanceLock()
    }
    expect(told).toEqual([])
    expect(server.requestsTo('token')).toEqual([])
    app.openUrl(await answerTo(url))
    expect(await account).toMatchObject({ name: 'ana@example.com' })
  })

  it('count once: a replay does nothing, before the account is there and after', async () => {
    const { begin, answerTo, app, told, server, world } = await openLinkWorld()
    const { url, account } = await begin()
    const link = await answerTo(url)
    app.openUrl(link)
    app.openUrl(link)
    await account
    app.openUrl(link)
    await world.manager.flush()
    expect(told).toEqual(['answer'])
    expect(server.requestsTo('token')).toHaveLength(1)
    expect(await world.manager.getAccounts()).toHaveLength(1)
  })

  it('with the right state and two codes, or tokens, end the sign-in with an error and no request', async () => {
    for (const suffix of ['&code=second', '&access_token=stolen']) {
      const { begin, answerTo, app, server } = await openLinkWorld()
      const { url, account } = await begin()
      app.openUrl(`${await answerTo(url)}${suffix}`)
      expect(await account).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
      expect(server.requestsTo('token')).toEqual([])
    }
  })

  it('that say no end the sign-in', async () => {
    const { begin, answerTo, app, server } = await openLinkWorld()
    const { url, account } = await begin()
    server.consent = 'deny'
    app.openUrl(await answerTo(url))
    expect(await account).toMatchObject({ code: 'ERR_DENIED' })
  })

  it('are waited for by several sign-ins at once, each with its own answer', async () => {
    const { begin, app, server } = await openLinkWorld()
    const [ana, ben] = [await begin(), await begin()]
    app.openUrl((await server.signIn(ben.url, 'ben')).href)
    app.openUrl((await server.signIn(ana.url, 'ana')).href)
    expect([await ana.account, await ben.account]).toMatchObject([
      { name: 'ana@example.com' },
      { name: 'ben@example.com' },
    ])
  })

  it('are waited for by eight sign-ins at most', async () => {
    const { begin, links } = await openLinkWorld()
    const running = []
    for (let count = 0; count < 8; count++) running.push(await begin())
    await expect(begin()).rejects.toMatchObject({ code: 'ERR_LIMIT_EXCEEDED' })
    links.close()
    for (const { account } of running) expect(await account).toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('are waited for until the session ends, or the caller gives up', async () => {
    const { begin, world, signIn, shell, app, answerTo } = await openLinkWorld()
    const late = await begin()
    await world.clock.advance(600_000)
    expect(await late.account).toMatchObject({ code: 'ERR_INTERACTION_TIMEOUT' })
    app.openUrl(await answerTo(late.url))
    const giveUp = new AbortController()
    const { promise, resolve } = Promise.withResolvers<string>()
    shell.browse = async (url) => resolve(url)
    const account = signIn.addAccount(TYPE, { signal: giveUp.signal }).catch((error: unknown) => error)
    const url = await promise
    giveUp.abort()
    expect(await account).toMatchObject({ code: 'ERR_ABORTED' })
    app.openUrl(await answerTo(url))
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('are not waited for when the browser cannot be opened', async () => {
    const { signIn, shell } = await openLinkWorld()
    shell.browse = async () => {
      throw new Error('no application is registered: https://as.example/?state=secret')
    }
    const error = await signIn.addAccount(TYPE, {}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'no_browser' })
    expect(JSON.stringify(error)).not.toContain('secret')
  })

  it('that start the app are answered with "expired" once, and never while or after somebody signs in', async () => {
    const desktop = new FakeDesktop()
    const stray = `${REDIRECT}?code=c&state=forgotten`
    const cold = desktop.launch(stray)
    const { told, links, begin, answerTo } = await openLinkWorld({ app: cold, process: cold.process })
    expect(told).toEqual(['expired'])
    cold.openUrl(stray)
    const { url, account } = await begin()
    cold.openUrl(stray)
    cold.openUrl(await answerTo(url))
    await account
    cold.openUrl(stray)
    expect(told).toEqual(['expired', 'answer'])
    links.close()
  })

  it('before the app is ready, with no account open yet, break nothing', async () => {
    const desktop = new FakeDesktop()
    const app = desktop.launch()
    const told: string[] = []
    const links = claimAppLinks({
      app,
      shell: new FakeShell(),
      redirectUri: REDIRECT,
      process: app.process,
      onExpired: () => {
        told.push('expired')
        throw new Error('the window is not there yet')
      },
    })
    expect(() => app.openUrl(`${REDIRECT}?code=c&state=s`)).not.toThrow()
    expect(() => app.openUrl('com.example.app:/other')).not.toThrow()
    expect(told).toEqual(['expired'])
    links.close()
  })

  it('refuse what a session cannot promise before the person is asked', async () => {
    const { signIn, shell } = await openLinkWorld()
    const unsupported = { code: 'ERR_UNSUPPORTED' }
    await expect(signIn.addAccount(TYPE, { ifExists: 'error' })).rejects.toMatchObject(unsupported)
    await expect(signIn.addAccount(TYPE, { requiredFeatures: ['mail'] })).rejects.toMatchObject(unsupported)
    expect(shell.opened).toEqual([])
  })

  it('carry the name that is hoped for to the service', async () => {
    const { signIn, shell } = await openLinkWorld()
    const giveUp = new AbortController()
    const { promise, resolve } = Promise.withResolvers<string>()
    shell.browse = async (url) => resolve(url)
    const account = signIn.addAccount(TYPE, { name: 'ben@example.com', signal: giveUp.signal })
    expect(new URL(await promise).searchParams.get('login_hint')).toBe('ben@example.com')
    giveUp.abort()
    await expect(account).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  it('of other schemes are left to whoever registered them', async () => {
    const { app } = await openLinkWorld()
    expect(app.openUrl('com.example.other:/signed-in?code=c&state=s')).toBe(false)
    expect(app.openUrl(`${REDIRECT}?code=c&state=s`)).toBe(true)
  })

  it('are for the account types that were named; others sign in as the manager does', async () => {
    const { links, world, shell } = await openLinkWorld()
    const signIn = links.signInWith(world.manager, [])
    await expect(signIn.addAccount(TYPE, {})).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    expect(shell.opened).toEqual([])
  })
})
