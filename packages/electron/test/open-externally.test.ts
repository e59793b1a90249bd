import { describe, expect, it } from 'vitest'
import { electronInteraction } from '../src/main/index.ts'
import { FakeShell } from './support/fake-app.ts'

const { signal } = new AbortController()

describe('what a sign-in opens', () => {
  it('is the system’s browser, with the URL in its encoded form', async () => {
    const shell = new FakeShell()
    const { openBrowser } = electronInteraction(shell)
    await openBrowser?.({ url: new URL('https://as.example/authorize?x=$(calc)&"; start calc'), signal })
    await openBrowser?.({ url: new URL('http://127.0.0.1:8080/authorize'), signal })
    expect(shell.opened).toEqual([
      'https://as.example/authorize?x=$(calc)&%22;%20start%20calc',
      'http://127.0.0.1:8080/authorize',
    ])
  })

  it.each([
    'http://as.example/authorize',
    'https://user:pw@as.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ms-msdt:/id',
    'smb://host/share',
    'com.example.app:/x',
  ])('is never %s', async (url) => {
    const shell = new FakeShell()
    const opening = electronInteraction(shell).openBrowser?.({ url: new URL(url), signal })
    await expect(opening).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
    expect(shell.opened).toEqual([])
  })

  it('is joined by what the app shows itself', async () => {
    const shown: string[] = []
    const interaction = electronInteraction(new FakeShell(), {
      showDeviceCode: async ({ userCode }) => void shown.push(userCode),
    })
    await interaction.showDeviceCode?.({ userCode: 'ABCD', verificationUri: 'https://a.example', expiresAt: 1, signal })
    expect(shown).toEqual(['ABCD'])
    expect(() => electronInteraction({} as never)).toThrow(/shell\.openExternal/)
  })
})
