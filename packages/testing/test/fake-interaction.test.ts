import type { Account } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { createFakeInteraction } from '../src/index.ts'

const { signal } = new AbortController()
const ana: Account = { id: '1', type: 'com.example', name: 'ana' }
const ben: Account = { id: '2', type: 'com.example', name: 'ben' }
const grant = { principal: 'com.other', account: ana, authTokenTypeLabel: 'Tasks', signal }

describe('createFakeInteraction', () => {
  it('agrees to everything and types what it knows', async () => {
    const interaction = createFakeInteraction({ credentials: { password: 'secret' } })
    const fields = [
      { name: 'user', label: 'User', value: 'ana' },
      { name: 'password', label: 'Password', secret: true },
    ]
    const typed = await interaction.promptCredentials?.({ fields, signal })
    expect([typed?.['user']?.consume(), typed?.['password']?.consume()]).toEqual(['ana', 'secret'])
    expect(await interaction.chooseAccount?.({ candidates: [ana, ben], signal })).toBe(ana)
    expect(await interaction.confirmGrant?.(grant)).toBe(true)
    await interaction.openBrowser?.({ url: new URL('https://id.example.com'), signal })
  })

  it('has only the methods that it is told to have', () => {
    const interaction = createFakeInteraction({ methods: ['confirmGrant'] })
    expect(interaction.confirmGrant).toBeTypeOf('function')
    expect(interaction.openBrowser).toBeUndefined()
    expect(interaction.chooseAccount).toBeUndefined()
  })

  it('opens a browser that it is given', async () => {
    const visited: string[] = []
    const interaction = createFakeInteraction({
      browser: { openBrowser: async ({ url }) => void visited.push(url.href) },
    })
    await interaction.openBrowser?.({ url: new URL('https://id.example.com/'), signal })
    expect(visited).toEqual(['https://id.example.com/'])
  })

  it('answers by the script first, then as usual', async () => {
    const interaction = createFakeInteraction({ answers: { chooseAccount: [ben] } })
    interaction.next('confirmGrant', false, ({ principal }) => principal === 'com.other')
    interaction.cancelNext('confirmGrant')
    expect(await interaction.chooseAccount?.({ candidates: [ana, ben], signal })).toBe(ben)
    expect([await interaction.confirmGrant?.(grant), await interaction.confirmGrant?.(grant)]).toEqual([false, true])
    await expect(interaction.confirmGrant?.(grant)).rejects.toMatchObject({ code: 'ERR_INTERACTION_CANCELED' })
    interaction.always('confirmGrant', false)
    expect([await interaction.confirmGrant?.(grant), await interaction.confirmGrant?.(grant)]).toEqual([false, false])
  })

  it('gives up when there is nothing to choose', async () => {
    const choosing = createFakeInteraction().chooseAccount?.({ candidates: [], signal })
    await expect(choosing).rejects.toMatchObject({ code: 'ERR_INTERACTION_CANCELED' })
  })

  it('records what it was asked, and takes its time when it is held', async () => {
    const interaction = createFakeInteraction()
    const controller = new AbortController()
    interaction.hold('confirmGrant')
    const waiting = interaction.confirmGrant?.(grant)
    const aborted = interaction.confirmGrant?.({ ...grant, signal: controller.signal })
    await interaction.whenAsked('confirmGrant', 2)
    expect(interaction.requests).toMatchObject([
      { method: 'confirmGrant', request: grant, isEnded: false },
      { method: 'confirmGrant', isEnded: false },
    ])
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    interaction.release('confirmGrant')
    expect(await waiting).toBe(true)
    expect(interaction.requestsOf('confirmGrant').map(({ isEnded }) => isEnded)).toEqual([true, true])
    expect([interaction.count(), interaction.count('openBrowser')]).toEqual([2, 0])
  })
})
