import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkedPageOrigins } from '../src/main/page-origins.ts'
import { FakeWebContents } from './support/fake-frames.ts'
import { FakeIpcMain } from './support/fake-ipc.ts'

const page = pathToFileURL('/opt/agenda/index.html').href
const allowed = checkedPageOrigins(['app://main', 'https://app.example.com', 'http://localhost:5173', page])

function showing(url: string, origin?: string): boolean {
  const { mainFrame } = new FakeWebContents(new FakeIpcMain(), url)
  if (origin !== undefined) mainFrame.show(url, origin)
  return allowed.allows(mainFrame)
}

describe('the origins of a host', () => {
  it.each([
    'app://main',
    'app://main/settings.html?tab=1#top',
    'https://app.example.com/deep/path',
    'http://localhost:5173/src/index.html',
    page,
    `${page}?tab=1#top`,
  ])('let %s ask', (url) => {
    expect(showing(url)).toBe(true)
  })

  it.each([
    'app://main.evil.example/',
    'app://other/',
    'app2://main/',
    'https://app.example.com.evil.example/',
    'https://app.example.com:8443/',
    'http://app.example.com/',
    'https://evil.example/?https://app.example.com',
    'https://app.example.com@evil.example/',
    'http://localhost:5174/',
    'http://127.0.0.1:5173/',
    'file:///opt/agenda/other.html',
    'file:///opt/agenda/index.html/../../evil.html',
    'data:text/html,<script>1</script>',
    'about:blank',
    'blob:app://main/1234',
    'javascript:1',
    '',
  ])('keep %s out', (url) => {
    expect(showing(url)).toBe(false)
  })

  it('keep out a page whose address and origin differ: a sandboxed one, and one that another page filled', () => {
    expect(showing('app://main/index.html', 'null')).toBe(false)
    expect(showing('app://main/index.html', 'https://evil.example')).toBe(false)
    expect(showing('about:blank', 'app://main')).toBe(false)
    expect(showing(page, 'null')).toBe(false)
  })

  it('keep out a frame that is gone, although Electron throws for whatever is asked of it', () => {
    const { mainFrame } = new FakeWebContents(new FakeIpcMain(), 'app://main/')
    mainFrame.dispose()
    expect(() => mainFrame.url).toThrow('disposed')
    expect(allowed.allows(mainFrame)).toBe(false)
  })

  it.each([
    ['nothing', undefined],
    ['an empty list', []],
    ['a number', [1]],
    ['no URL', ['main']],
    ['every file', ['file:///']],
    ['a folder', ['file:///opt/agenda/']],
    ['data:', ['data:text/html,x']],
    ['about:', ['about:blank']],
    ['the opaque origin', ['null']],
    ['http beyond this machine', ['http://app.example.com']],
    ['a path', ['https://app.example.com/app']],
    ['a query', ['https://app.example.com/?a']],
    ['credentials', ['https://user:secret@app.example.com']],
    ['extensions', ['chrome-extension://abcdef']],
    ['a scheme without host', ['app:/main']],
  ])('cannot be %s', (_name, origins) => {
    expect(() => checkedPageOrigins(origins)).toThrow(TypeError)
  })

  it('are named by kind in errors, not by value', () => {
    const error = (() => {
      try {
        checkedPageOrigins(['https://user:hunter2hunter2@app.example.com'])
      } catch (thrown) {
        return String(thrown)
      }
      return ''
    })()
    expect(error).toContain('origins[0]')
    expect(error).not.toContain('hunter2')
  })
})
