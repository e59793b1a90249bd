import { claimAppLinks } from '@accountry/electron/main'
import { describe, expect, it } from 'vitest'
import { FakeDesktop, FakeShell } from '../../../packages/electron/test/support/fake-app.ts'
import { openLinkWorld, REDIRECT } from '../../../packages/electron/test/support/link-world.ts'

function claim(redirectUri: string): void {
  const app = new FakeDesktop().launch()
  claimAppLinks({ app, shell: new FakeShell(), redirectUri, process: app.process }).close()
}

describe('sign-ins through links', () => {
  it('J-06: a scheme without a dot is refused before anything is registered', () => {
    expect(() => claim('agenda:/signed-in')).toThrow(/reversed domain name/)
    expect(() => claim('com.example.agenda:/signed-in')).not.toThrow()
  })

  it('J-07: only code and state travel in a link; one with a token ends the sign-in', async () => {
    const { begin, answerTo, app, server, world } = await openLinkWorld()
    const one = await begin()
    const link = await answerTo(one.url)
    expect([...new URL(link).searchParams.keys()].sort()).toEqual(['code', 'iss', 'state'])
    for (const parameter of ['access_token', 'id_token']) {
      const { url, account } = await begin()
      app.openUrl(`${await answerTo(url)}&${parameter}=stolen`)
      expect(await account).toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    }
    expect(server.requestsTo('token')).toEqual([])
    expect(await world.manager.getAccounts()).toEqual([])
    app.openUrl(link)
    expect(await one.account).toMatchObject({ name: 'ana@example.com' })
  })

  it('J-08: a link with a wrong state, a wrong place or a megabyte is dropped, and no window is asked to come', async () => {
    const { begin, answerTo, app, desktop, told } = await openLinkWorld()
    const { url, account } = await begin()
    const state = new URL(url).searchParams.get('state')
    const strays = [
      `${REDIRECT}?code=c&state=unknown`,
      `${REDIRECT}?code=c`,
      `${REDIRECT}/other?code=c&state=${state}`,
      `com.example.app://evil/signed-in?code=c&state=${state}`,
      `com.example.app:/open?file=/etc/passwd&state=${state}`,
      `${REDIRECT}?code=${'c'.repeat(1_048_576)}&state=${state}`,
    ]
    for (const stray of [...strays, ...strays]) {
      app.openUrl(stray)
      desktop.launch(stray).requestSingleInstanceLock()
    }
    expect(told).toEqual([])
    app.openUrl(await answerTo(url))
    expect(await account).toMatchObject({ name: 'ana@example.com' })
    expect(told).toEqual(['answer'])
  })

  it('J-09: a second instance brings the link in any place among switches, and it counts once', async () => {
    const { begin, answerTo, desktop, server } = await openLinkWorld()
    const { url, account } = await begin()
    const link = await answerTo(url)
    const argvs = [
      ['--original-process-start-time=13', link, '--allow-file-access-from-files', '--'],
      [link, '--flag'],
      ['--', link],
    ]
    for (const argv of argvs) desktop.launch(...argv).requestSingleInstanceLock()
    expect(await account).toMatchObject({ name: 'ana@example.com' })
    expect(server.requestsTo('token')).toHaveLength(1)
  })

  it('J-10: a link that starts the app, or comes before it is ready, breaks nothing', async () => {
    const cold = new FakeDesktop().launch('--flag', `${REDIRECT}?code=c&state=forgotten`)
    const started = await openLinkWorld({ app: cold, process: cold.process })
    expect(started.told).toEqual(['expired'])
    const early = new FakeDesktop().launch()
    const told: string[] = []
    const options = { app: early, shell: new FakeShell(), redirectUri: REDIRECT, process: early.process }
    const links = claimAppLinks({ ...options, onExpired: () => told.push('expired') })
    expect(early.openUrl(`${REDIRECT}?code=c&state=forgotten`)).toBe(true)
    expect(told).toEqual(['expired'])
    links.close()
  })

  it('J-11: the answer to a sign-in of a process that has ended says "expired", stores nothing and asks nothing', async () => {
    const before = await openLinkWorld()
    const { url, account } = await before.begin()
    const link = await before.answerTo(url)
    before.links.close()
    before.app.quit()
    expect(await account).toMatchObject({ code: 'ERR_CLOSED' })
    const restarted = before.desktop.launch(link)
    const after = await openLinkWorld({ app: restarted, process: restarted.process })
    expect(after.told).toEqual(['expired'])
    expect(await after.world.manager.getAccounts()).toEqual([])
    expect(before.server.requestsTo('token')).toEqual([])
  })

  it('J-12: a scheme that RFC 3986 does not allow is refused', () => {
    for (const scheme of [
      'foo\\bar',
      'com.foo\\bar',
      '1com.example',
      'com.exa mple',
      'com.example_app',
      'com.exämple',
    ]) {
      expect(() => claim(`${scheme}:/signed-in`), scheme).toThrow(TypeError)
    }
  })
})
