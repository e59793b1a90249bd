import { createPageInteraction, openSettingsPage, type SettingsPageOptions } from '@accountry/settings'
import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'

describe('openSettingsPage', () => {
  it.each([
    ['no options', undefined, TypeError],
    ['no accounts', { accounts: undefined }, TypeError],
    ['something else as accounts', { accounts: {} }, TypeError],
    ['something else as sync', { sync: {} }, TypeError],
    ['null as sync', { sync: null }, TypeError],
    ['another handler as interaction', { interaction: { openBrowser: () => undefined } }, TypeError],
    ['a text as port', { port: '80' }, TypeError],
    ['a port that is none', { port: 65_536 }, RangeError],
    ['a negative port', { port: -1 }, RangeError],
    ['every address as host', { host: '0.0.0.0' }, TypeError],
    ['a name as host', { host: 'localhost' }, TypeError],
    ['an empty title', { title: ' ' }, TypeError],
    ['no time to be idle', { idleMs: 0 }, RangeError],
    ['not a number as idleMs', { idleMs: Number.NaN }, RangeError],
    ['a signal that is none', { signal: {} }, TypeError],
  ])('refuses %s', async (_name, options, kind) => {
    await using world = await openTestManager()
    const wrong = options === undefined ? undefined : { accounts: world.manager, ...options }
    await expect(openSettingsPage(wrong as unknown as SettingsPageOptions)).rejects.toThrow(kind)
  })

  it('is aborted before it listens', async () => {
    await using world = await openTestManager()
    const opening = openSettingsPage({ accounts: world.manager, signal: AbortSignal.abort() })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  it('refuses an interaction that another open page uses, and takes it afterwards', async () => {
    await using world = await openTestManager()
    const interaction = createPageInteraction()
    const first = await openSettingsPage({ accounts: world.manager, interaction })
    await expect(openSettingsPage({ accounts: world.manager, interaction })).rejects.toThrow(TypeError)
    await first.close()
    await using _second = await openSettingsPage({ accounts: world.manager, interaction })
  })
})

describe('createPageInteraction', () => {
  it.each([
    ['no options object', null],
    ['a fallback that is none', { fallback: 'terminal' }],
    ['a way to open URLs that is none', { openUrl: 'xdg-open' }],
  ])('refuses %s', (_name, options) => {
    expect(() => createPageInteraction(options as never)).toThrow(TypeError)
  })
})
