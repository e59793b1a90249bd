import { createFakeAuthenticator } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { hasIcon, iconOf } from '../src/icons.ts'
import { shownText } from '../src/shown-text.ts'
import { openWorld } from './support/world.ts'

describe('foreign text', () => {
  it.each([
    ['letters of every script', 'Ana שלום محمد Ａｎａ 日本', 'Ana שלום محمد Ａｎａ 日本'],
    ['markup, which is text here', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['a character that turns the direction', 'a\u202Egpj.exe', 'a\\u{202e}gpj.exe'],
    ['a character of no width', 'a\u200Bb', 'a\\u{200b}b'],
    ['a line break', 'one\ntwo', 'one two'],
    ['an escape', '\u001b[2J', '\\u{1b}[2J'],
    ['half a character', 'a\ud800b', 'a\\u{d800}b'],
  ])('with %s is shown so that nothing is hidden', (_name, text, shown) => {
    expect(shownText(text)).toBe(shown)
  })

  it('that is longer than any name is cut', () => {
    expect(shownText('x'.repeat(1_000_000))).toBe(`${'x'.repeat(600)}…`)
    expect(shownText('x'.repeat(512))).toBe('x'.repeat(512))
  })
})

describe('the icon of an account type', () => {
  const described = (icon: string): { type: string; label: string; icon: string } => ({ type: 'a', label: 'A', icon })

  it('is a picture that the description holds', () => {
    const svg = described('data:image/svg+xml,%3Csvg%2F%3E')
    expect(hasIcon(svg)).toBe(true)
    expect(iconOf(svg)).toEqual({ contentType: 'image/svg+xml', bytes: Buffer.from('<svg/>') })
    expect(iconOf(described('data:image/png;base64,AAEC'))).toEqual({
      contentType: 'image/png',
      bytes: Buffer.from([0, 1, 2]),
    })
  })

  it.each([
    'https://evil.example/pixel.png',
    'data:text/html,<script>alert(1)</script>',
    'data:image/png',
    'javascript:alert(1)',
    'icon.png',
    `data:image/png;base64,${'A'.repeat(200_000)}`,
    'data:image/svg+xml,%E0%A4%A',
  ])('is not %.40s', (icon) => {
    expect(iconOf(described(icon))).toBeUndefined()
  })

  it('is served without a right to do anything', async () => {
    const fake = createFakeAuthenticator()
    const authenticator = Object.assign(Object.create(fake), {
      description: { ...fake.description, icon: 'data:image/svg+xml,%3Csvg%2F%3E' },
    })
    await using world = await openWorld({ manager: { authenticators: [authenticator] } })
    const { status, headers, body } = await (await world.visit()).get('type-icon?type=com.example')
    expect({ status, body, type: headers['content-type'] }).toEqual({
      status: 200,
      body: '<svg/>',
      type: 'image/svg+xml',
    })
    expect(headers['content-security-policy']).toContain('sandbox')
  })
})
