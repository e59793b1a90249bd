import { readdir, readFile } from 'node:fs/promises'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { auth0 } from '@accountry/oauth/providers/auth0'
import { keycloak } from '@accountry/oauth/providers/keycloak'
import { microsoft } from '@accountry/oauth/providers/microsoft'
import { okta } from '@accountry/oauth/providers/okta'
import { describe, expect, it } from 'vitest'
import { type ProviderData, providerOptions } from '../src/providers/provider-data.ts'
import { parseRedirectUri } from '../src/redirect-uri.ts'

const folder = new URL('../src/providers/', import.meta.url)
const HELPERS = ['provider-data.ts', 'base-url.ts']
const files = (await readdir(folder)).filter((name) => name.endsWith('.ts') && !HELPERS.includes(name))

/** Every provider that is data, by the file it lies in. */
const found: [string, ProviderData][] = []
for (const file of files) {
  const module = (await import(new URL(file, folder).href)) as Record<string, unknown>
  const data = Object.entries(module).find(([name]) => name.endsWith('Data'))?.[1]
  if (data !== undefined) found.push([file.replace('.ts', ''), data as ProviderData])
}

describe('the providers', () => {
  it('are all that were promised', () => {
    const promised =
      'atlassian auth0 dropbox firebase github gitlab google hubspot keycloak linear microsoft notion oidc okta salesforce slack zoho'
    expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual(promised.split(' '))
    // Firebase signs in with a form of its own.
    expect(found.map(([name]) => name)).toEqual(promised.split(' ').filter((name) => name !== 'firebase'))
  })

  it('can each be imported by the path that is its name', async () => {
    const { exports } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
    for (const file of files) {
      const name = file.replace('.ts', '')
      expect(exports[`./providers/${name}`]).toBe(`./src/providers/${file}`)
      expect(((await import(new URL(file, folder).href)) as Record<string, unknown>)[name]).toBeTypeOf('function')
    }
  })
})

describe.each(found)('%s', (_name, data) => {
  const options = providerOptions(data, {
    clientId: 'client',
    clientSecret: 'secret',
    redirectUri: data.options.redirectUri ?? 'http://localhost:4711/callback',
    tokenTypes: { some: { scopes: ['x'] }, own: { scopes: [], origins: ['https://own.example'] } },
  })

  it('names the page its facts come from', () => {
    expect(new URL(data.documentation).protocol).toBe('https:')
  })

  it('makes an authenticator whose options are plain data', () => {
    const own = createOAuthAuthenticator(options)
    expect(own.description.type).toMatch(/^[a-z0-9.]+$/)
    expect(own.description.label).not.toBe('')
    expect(own.configuration?.options).toEqual(JSON.parse(JSON.stringify(options)))
    expect(JSON.parse(JSON.stringify(data))).toEqual(data)
  })

  it('sends tokens to the API of the service unless the app says where', () => {
    const types = createOAuthAuthenticator(options).description.tokenTypes
    expect(types?.['some']?.origins ?? []).toEqual(data.apiOrigins)
    expect(types?.['own']?.origins).toEqual(['https://own.example'])
    for (const origin of data.apiOrigins) expect(new URL(origin).origin).toBe(origin)
  })

  it('has a redirect rule that its default follows', () => {
    const { redirectUri = 'http://127.0.0.1/callback' } = data.options
    const redirect = parseRedirectUri(redirectUri)
    if (typeof redirect === 'string' || redirect.kind !== 'loopback') throw new Error('no loopback default')
    if (data.redirect === 'any-port') expect(redirect.loopback).toMatchObject({ host: '127.0.0.1', port: 0 })
    if (data.redirect === 'localhost') expect(redirect.loopback).toMatchObject({ host: 'localhost', port: 0 })
    if (data.redirect === 'exact') {
      expect(data.options.redirectUri).toBeUndefined()
      expect(() => providerOptions(data, { clientId: 'client' })).toThrow(/redirectUri is required/)
    }
  })

  it('names scopes for what is often wanted', () => {
    expect(Object.keys(data.scopes)).not.toHaveLength(0)
    for (const scope of Object.values(data.scopes).flat()) expect(scope).toMatch(/^\S+$/)
  })

  it('can be pointed at another server as a whole', () => {
    const metadata = { issuer: 'http://127.0.0.1:1', token_endpoint: 'http://127.0.0.1:1/token' }
    const elsewhere = providerOptions(data, { clientId: 'client', metadata, redirectUri: 'http://127.0.0.1/callback' })
    expect(elsewhere.metadata).toEqual(metadata)
    expect(elsewhere.issuer).toBeUndefined()
    expect(() => createOAuthAuthenticator(elsewhere)).not.toThrow()
  })
})

describe('addresses of one’s own', () => {
  it.each([
    ['a domain as tenant', () => microsoft({ clientId: 'c', tenant: 'contoso.com' })],
    [
      'a URL for a host',
      () => okta({ clientId: 'c', domain: 'https://x.okta.com', redirectUri: 'http://localhost:1/' }),
    ],
    [
      'a path in a host',
      () => auth0({ clientId: 'c', domain: 'x.auth0.com/evil', redirectUri: 'http://localhost:1/' }),
    ],
    ['plain http', () => keycloak({ clientId: 'c', baseUrl: 'http://login.example', realm: 'main' })],
    ['no realm', () => keycloak({ clientId: 'c', baseUrl: 'https://login.example', realm: '' })],
  ])('are refused for %s', (_name, make) => {
    expect(make).toThrow(TypeError)
  })

  it('become part of the issuer', () => {
    const issuerOf = (own: { configuration?: { options: Readonly<Record<string, unknown>> } }) =>
      own.configuration?.options['issuer']
    expect(issuerOf(keycloak({ clientId: 'c', baseUrl: 'https://login.example/', realm: 'main' }))).toBe(
      'https://login.example/realms/main',
    )
    expect(issuerOf(auth0({ clientId: 'c', domain: 'x.auth0.com', redirectUri: 'http://localhost:1/' }))).toBe(
      'https://x.auth0.com/',
    )
    expect(issuerOf(okta({ clientId: 'c', domain: 'x.okta.com', redirectUri: 'http://localhost:1/' }))).toBe(
      'https://x.okta.com/oauth2/default',
    )
    const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
    expect(issuerOf(microsoft({ clientId: 'c', tenant }))).toBe(`https://login.microsoftonline.com/${tenant}/v2.0`)
  })
})
