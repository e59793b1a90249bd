import { PassThrough } from 'node:stream'
import type { InteractionHandler } from '@accountry/accounts'
import { describe, expect, test, vi } from 'vitest'
import { hasBrowser } from '../src/terminal/browser.ts'
import { terminalInteraction } from '../src/terminal/terminal-interaction.ts'

const account = { id: 'a', type: 'com.example', name: 'ana@example.com' }
const other = { id: 'b', type: 'com.example', name: 'ben@example.com' }
const never = new AbortController().signal

/** A terminal whose keys are typed by the test. */
class FakeTerminal {
  readonly input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined })
  readonly output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 })
  #shown = ''

  constructor() {
    this.output.on('data', (chunk) => {
      this.#shown += String(chunk)
    })
  }

  get shown(): string {
    return this.#shown
  }

  /** Waits until `text` is on the screen, then types. */
  async type(afterText: string, keys: string): Promise<void> {
    await vi.waitFor(() => expect(this.#shown).toContain(afterText), { interval: 5 })
    this.input.write(keys)
  }
}

function handlerOf(terminal: FakeTerminal, openUrl?: (url: URL) => Promise<void>): Required<InteractionHandler> {
  const { input, output } = terminal
  const handler = terminalInteraction({ input, output, environment: {}, ...(openUrl && { openUrl }) })
  return handler as Required<InteractionHandler>
}

describe('openBrowser', () => {
  test('starts the browser and prints the address too', async () => {
    const terminal = new FakeTerminal()
    const openUrl = vi.fn(async (_url: URL) => undefined)
    const url = new URL('https://as.example/authorize?client_id=a&state=b')
    await handlerOf(terminal, openUrl).openBrowser({ url, account, signal: never })
    expect(openUrl).toHaveBeenCalledWith(url)
    expect(terminal.shown).toContain(url.href)
    expect(terminal.shown).toContain('ana@example.com')
  })

  test('goes on with the printed address when no browser starts', async () => {
    const terminal = new FakeTerminal()
    const openUrl = async (): Promise<void> => {
      throw new Error('spawn xdg-open ENOENT')
    }
    await handlerOf(terminal, openUrl).openBrowser({ url: new URL('http://127.0.0.1:1234/auth'), signal: never })
    expect(terminal.shown).toContain('http://127.0.0.1:1234/auth')
    expect(terminal.shown).toContain('No browser could be started')
  })

  test.each(['http://as.example/', 'javascript:alert(1)', 'file:///etc/passwd', 'https://user:pw@as.example/'])(
    'opens and prints nothing for %s',
    async (href) => {
      const terminal = new FakeTerminal()
      const openUrl = vi.fn(async () => undefined)
      const act = handlerOf(terminal, openUrl).openBrowser({ url: new URL(href), signal: never })
      await expect(act).rejects.toMatchObject({ code: 'ERR_INVALID_RESPONSE' })
      expect(openUrl).not.toHaveBeenCalled()
      expect(terminal.shown).toBe('')
    },
  )

  test.each([
    ['a desktop', { DISPLAY: ':0' }, 'linux', true],
    ['Wayland', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true],
    ['a server', {}, 'linux', false],
    ['a remote shell on a Mac', { SSH_CONNECTION: '1 2 3 4' }, 'darwin', false],
    ['a remote shell with a display', { SSH_CONNECTION: '1 2 3 4', DISPLAY: ':10' }, 'linux', true],
    ['a Mac', {}, 'darwin', true],
    ['Windows', {}, 'win32', true],
    ['a browser that was named', { BROWSER: 'w3m' }, 'linux', true],
  ] as const)('knows whether %s has a browser', (_name, environment, platform, expected) => {
    expect(hasBrowser(environment, platform)).toBe(expected)
  })
})

describe('showDeviceCode', () => {
  test('prints address and code, and nothing that would repaint the terminal', async () => {
    const terminal = new FakeTerminal()
    await handlerOf(terminal).showDeviceCode({
      userCode: 'ABCD\u001b]52;c;x\u0007',
      verificationUri: 'https://as.example/device',
      expiresAt: 0,
      signal: never,
    })
    expect(terminal.shown).toContain('https://as.example/device')
    expect(terminal.shown).toContain('ABCD\\u{1b}')
    expect(terminal.shown).not.toContain('\u001b]52')
  })

  test('refuses a page that is not on the web', async () => {
    const request = { userCode: 'A', verificationUri: 'javascript:1', expiresAt: 0, signal: never }
    await expect(handlerOf(new FakeTerminal()).showDeviceCode(request)).rejects.toMatchObject({
      code: 'ERR_INVALID_RESPONSE',
    })
  })
})

describe('questions', () => {
  test('ask for each field, and show nothing of a secret', async () => {
    const terminal = new FakeTerminal()
    const fields = [
      { name: 'user', label: 'User', value: 'ana' },
      { name: '__proto__', label: 'API key', secret: true },
    ]
    const answers = handlerOf(terminal).promptCredentials({ fields, signal: never })
    await terminal.type('User', '1\r')
    await terminal.type('API key', 'canary\r')
    const { user, ['__proto__']: secret } = await answers
    expect(user?.consume()).toBe('ana1')
    expect(secret?.consume()).toBe('canary')
    expect(terminal.shown).not.toContain('canary')
  })

  test('let the person choose an account', async () => {
    const terminal = new FakeTerminal()
    const choice = handlerOf(terminal).chooseAccount({ candidates: [account, other], signal: never })
    await terminal.type('Which account?', '\u001b[B')
    await terminal.type('ben@example.com', '\r')
    expect(await choice).toBe(other)
  })

  test('take no for an answer unless the person says yes', async () => {
    const terminal = new FakeTerminal()
    const request = { principal: 'com.other', account, authTokenTypeLabel: 'Calendar', signal: never }
    const grant = handlerOf(terminal).confirmGrant(request)
    await terminal.type('May com.other use Calendar of ana@example.com?', '\r')
    expect(await grant).toBe(false)
  })

  test('are cancelled with Ctrl-C', async () => {
    const terminal = new FakeTerminal()
    const choice = handlerOf(terminal).chooseAccount({ candidates: [account, other], signal: never })
    await Promise.all([
      expect(choice).rejects.toMatchObject({ code: 'ERR_INTERACTION_CANCELED' }),
      terminal.type('Which account?', '\u0003'),
    ])
  })

  test('are withdrawn when the caller gives up', async () => {
    const terminal = new FakeTerminal()
    const controller = new AbortController()
    const choice = handlerOf(terminal).chooseAccount({ candidates: [account, other], signal: controller.signal })
    await vi.waitFor(() => expect(terminal.shown).toContain('Which account?'))
    controller.abort()
    await expect(choice).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  test('wait for each other', async () => {
    const terminal = new FakeTerminal()
    const handler = handlerOf(terminal)
    const first = handler.promptCredentials({ fields: [{ name: 'a', label: 'First' }], signal: never })
    const second = handler.promptCredentials({ fields: [{ name: 'a', label: 'Second' }], signal: never })
    await terminal.type('First', 'x\r')
    await first
    await terminal.type('Second', 'y\r')
    expect((await second)['a']?.consume()).toBe('y')
  })

  test('are not asked where nobody can answer', () => {
    const { input, output } = new FakeTerminal()
    const handler = terminalInteraction({ input: Object.assign(input, { isTTY: false }), output, environment: {} })
    expect(Object.keys(handler)).toEqual(['openBrowser', 'showDeviceCode'])
  })
})
