import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BRIDGE_CALLS, CONTROL_CALLS } from '../src/bridge/channels.ts'
import { readAnswerLink } from '../src/main/app-link.ts'
import { checkedPageOrigins } from '../src/main/page-origins.ts'
import { openElectronApp } from './support/electron-app.ts'
import { FakeWebContents } from './support/fake-frames.ts'
import { FakeIpcMain } from './support/fake-ipc.ts'

const value = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
const message = fc.oneof(
  fc.array(value, { maxLength: 3 }),
  value.map((request) => [{ id: 'call', request }]),
  fc
    .dictionary(fc.constantFrom('account', 'type', 'name', 'limit', '__proto__', 'extras', 'id', 'url'), value)
    .map((request) => [{ id: 'call', request }]),
)

describe('messages at random', () => {
  it('are answered, change nothing, and leave no trace in prototypes', async () => {
    const { openWindow, world } = await openElectronApp({
      limits: { callsPerSecond: 1_000_000, interactionsPerMinute: 1_000_000 },
    })
    const { send } = openWindow()
    const account = await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    const untouched = JSON.stringify(await world.manager.getAccountInfo(account))
    const calls = fc.constantFrom(...BRIDGE_CALLS, ...CONTROL_CALLS)
    await fc.assert(
      fc.asyncProperty(calls, message, async (call, args) => {
        const answer = await send(call, args)
        expect(Object.keys(answer).sort()).toEqual(answer.ok ? expect.arrayContaining(['ok']) : ['error', 'ok'])
        if (!answer.ok) expect(answer.error.name).toMatch(/^(?:AccountError|TypeError|RangeError)$/)
      }),
      { numRuns: 2_000 },
    )
    expect(JSON.stringify(await world.manager.getAccountInfo(account))).toBe(untouched)
    expect(await world.manager.getAccounts()).toEqual([account])
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

describe('links at random', () => {
  const redirect = new URL('com.example.app:/signed-in')
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'com.example.app:',
      '/signed-in',
      '/',
      '//',
      '?',
      '&',
      'code=c',
      'state=s',
      '#',
      '..',
      '%2e',
      '@',
      '\\',
    ),
  )

  it('are answers only to the redirect, with one state', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        (link) => {
          const answer = readAnswerLink(link, redirect)
          if (answer === undefined) return
          expect(answer.url.href.startsWith(`${redirect.href}?`)).toBe(true)
          expect(answer.url.searchParams.getAll('state')).toEqual([answer.state])
        },
      ),
      { numRuns: 20_000 },
    )
  })
})

describe('pages at random', () => {
  it('are allowed only when origin and address agree, and never throw', () => {
    const allowed = checkedPageOrigins(['app://main', 'https://app.example.com'])
    const ipcMain = new FakeIpcMain()
    const text = fc.oneof(
      fc.webUrl(),
      fc.string(),
      fc.constantFrom('app://main', 'app://main/', 'null', 'about:blank', ''),
    )
    fc.assert(
      fc.property(text, text, (url, origin) => {
        const { mainFrame } = new FakeWebContents(ipcMain, url)
        mainFrame.show(url, origin)
        if (allowed.allows(mainFrame)) expect(['app://main', 'https://app.example.com']).toContain(origin)
      }),
      { numRuns: 2_000 },
    )
  })
})
