import { describe, expect, it } from 'vitest'
import { checkedRedirect, findLink, readAnswerLink } from '../src/main/app-link.ts'

const REDIRECT = 'com.example.app:/signed-in'
const { url: redirect, scheme } = checkedRedirect(REDIRECT)
const read = (link: unknown) => readAnswerLink(link, redirect)

describe('a redirect of an app', () => {
  it.each(['com.example.app:/signed-in', 'com.example.app://signed-in', 'com.example-corp.app2:/oauth/done'])(
    'can be %s',
    (uri) => {
      expect(checkedRedirect(uri).url.href).toBe(uri)
    },
  )

  it.each([
    ['no text', undefined],
    ['no URL', 'signed-in'],
    ['a scheme without a dot', 'agenda:/signed-in'],
    ['a backslash', 'foo\\bar:/signed-in'],
    ['a backslash in a reversed domain', 'com.foo\\bar:/signed-in'],
    ['a scheme that begins with a digit', '1com.example:/signed-in'],
    ['a space', 'com.example.app:/signed in'],
    ['https', 'https://app.example.com/signed-in'],
    ['javascript', 'javascript:alert(1)'],
    ['a query', 'com.example.app:/signed-in?a=b'],
    ['a fragment', 'com.example.app:/signed-in#a'],
    ['credentials', 'com.example.app://user:secret@signed-in'],
  ])('cannot have %s', (_name, uri) => {
    expect(() => checkedRedirect(uri)).toThrow(TypeError)
  })
})

describe('a link', () => {
  it('is an answer with a state and a code, or an error', () => {
    expect(read(`${REDIRECT}?code=c&state=s&iss=i`)).toMatchObject({ state: 's' })
    expect(read(`${REDIRECT}?error=access_denied&state=s`)).toMatchObject({ state: 's' })
    expect(read('COM.Example.App:/signed-in?code=c&state=s')).toMatchObject({ state: 's' })
  })

  it('loses a fragment', () => {
    expect(read(`${REDIRECT}?code=c&state=s#access_token=t`)?.url.href).toBe(`${REDIRECT}?code=c&state=s`)
  })

  it.each([
    ['no text', 5],
    ['an object', { toString: () => `${REDIRECT}?code=c&state=s` }],
    ['no URL', 'com.example.app'],
    ['another scheme', 'com.example.app2:/signed-in?code=c&state=s'],
    ['another host', 'com.example.app://evil/signed-in?code=c&state=s'],
    ['another path', 'com.example.app:/signed-out?code=c&state=s'],
    ['a longer path', `${REDIRECT}/more?code=c&state=s`],
    ['a path that leads there', 'com.example.app:/x/../signed-in/x?code=c&state=s'],
    ['an encoded path', 'com.example.app:/signed%2Din?code=c&state=s'],
    ['credentials', 'com.example.app://user@/signed-in?code=c&state=s'],
    ['no state', `${REDIRECT}?code=c`],
    ['an empty state', `${REDIRECT}?code=c&state=`],
    ['two states', `${REDIRECT}?code=c&state=s&state=s`],
    ['a long state', `${REDIRECT}?code=c&state=${'s'.repeat(1_025)}`],
    ['no answer', `${REDIRECT}?state=s`],
    ['a line break', `${REDIRECT}?code=c&state=s\n--inspect`],
    ['a space', `${REDIRECT}?code=c&state=s --inspect`],
    ['a megabyte', `${REDIRECT}?code=${'c'.repeat(1_048_576)}&state=s`],
    ['a little too much', `${REDIRECT}?state=s&code=`.padEnd(8_193, 'c')],
  ])('is nothing with %s', (_name, link) => {
    expect(read(link)).toBeUndefined()
  })
})

describe('the arguments of a process', () => {
  const link = `${REDIRECT}?code=c&state=s`

  it('hold the link in any place, between switches', () => {
    expect(findLink(['/opt/agenda', link], scheme)).toBe(link)
    expect(findLink([link, '--flag', '/opt/agenda'], scheme)).toBe(link)
    expect(findLink(['--original-process-start-time=1', '--', link, '--allow-file-access'], scheme)).toBe(link)
    expect(findLink([`--link=${link}`, '/opt/agenda'], scheme)).toBeUndefined()
  })

  it('hold one link that is meant: the same twice is one, two different ones are none', () => {
    expect(findLink([link, link], scheme)).toBe(link)
    expect(findLink([link, `${link}&x=1`], scheme)).toBeUndefined()
    expect(findLink([], scheme)).toBeUndefined()
    expect(findLink([5, undefined, { length: 3 }], scheme)).toBeUndefined()
  })
})
