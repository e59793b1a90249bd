import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { describe, expect, it } from 'vitest'
import { parseRedirectUri } from '../src/redirect-uri.ts'

const base: OAuthAuthenticatorOptions = {
  type: 'com.example',
  label: 'Example',
  issuer: 'https://as.example',
  clientId: 'app',
}
const create = (change: object) => () => createOAuthAuthenticator({ ...base, ...change } as OAuthAuthenticatorOptions)
const pem = '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----'

describe('the options of createOAuthAuthenticator', () => {
  it.each<[string, object, RegExp]>([
    ['no type', { type: undefined }, /type .* received undefined/],
    ['a null label', { label: null }, /label .* received null/],
    ['an empty client id', { clientId: '' }, /clientId .* received an empty string/],
    ['neither issuer nor metadata', { issuer: undefined }, /issuer or metadata/],
    ['an http issuer', { issuer: 'http://as.example' }, /issuer uses http/],
    ['an issuer with a query', { issuer: 'https://as.example?x=1' }, /issuer must not have a query/],
    ['metadata of another issuer', { metadata: { issuer: 'https://other.example' } }, /must be the same/],
    [
      'metadata with an unsafe endpoint',
      { metadata: { issuer: base.issuer, token_endpoint: 'ftp://x' } },
      /metadata has a token_endpoint/,
    ],
    ['an unknown flow', { flow: 'implicit' }, /flow must be one of/],
    ['no flow', { flow: [] }, /at least one flow/],
    ['a flow without a person beside another', { flow: ['loopback', 'client-credentials'] }, /one alone/],
    ['the password grant, which does not exist', { flow: 'password' }, /flow must be one of/],
    ['a redirect to another machine over http', { redirectUri: 'http://app.example/cb' }, /redirectUri must be https/],
    ['a redirect that is a script', { redirectUri: 'javascript:alert(1)' }, /redirectUri/],
    ['a redirect with a fragment', { redirectUri: 'https://app.example/cb#x' }, /fragment/],
    ['token types that are a list', { tokenTypes: [] }, /tokenTypes must be an object, received an array/],
    ['a token type without scopes', { tokenTypes: { a: {} } }, /tokenTypes\.a\.scopes is required/],
    ['two scopes in one entry', { tokenTypes: { a: { scopes: ['x y'] } } }, /one scope per entry/],
    ['a resource that is no URI', { tokenTypes: { a: { scopes: [], resource: 'x' } } }, /absolute URI/],
    ['an origin with a path', { tokenTypes: { a: { scopes: [], origins: ['https://api.example/'] } } }, /origins/],
    [
      'an exchange at an unsafe endpoint',
      { tokenTypes: { a: { scopes: [], exchange: { endpoint: 'http://sts.example' } } } },
      /exchange\.endpoint uses http/,
    ],
    ['a parameter that protects the flow', { authorizationParameters: { state: 'x' } }, /must not set state/],
    [
      'a challenge method',
      { authorizationParameters: { code_challenge_method: 'plain' } },
      /must not set code_challenge_method/,
    ],
    ['a redirect URI as a parameter', { authorizationParameters: { redirect_uri: 'x' } }, /must not set redirect_uri/],
    ['a method that needs a secret', { clientAuthentication: 'client_secret_post' }, /clientSecret is required/],
    ['a method that needs a key', { clientAuthentication: 'private_key_jwt' }, /clientKey is required/],
    [
      'a key that is none',
      { clientKey: { privateKey: 'secret-value' } },
      /clientKey\.privateKey must be a private key/,
    ],
    ['jwt-bearer without its key', { flow: 'jwt-bearer' }, /jwtBearer is required/],
    [
      'a statement that is good for a day',
      { flow: 'jwt-bearer', jwtBearer: { privateKey: pem, lifetimeS: 86_400 } },
      /lifetimeS/,
    ],
    ['unsigned ID tokens', { idTokenAlgorithms: ['none'] }, /must not contain none/],
    ['ID tokens by a secret that is not there', { idTokenAlgorithms: ['HS256'] }, /clientSecret is required/],
    ['too much tolerance', { clockToleranceMs: 400_000 }, /clockToleranceMs/],
    ['a time limit that is text', { signInTimeoutMs: '5' }, /signInTimeoutMs must be a number, received string/],
    ['an unknown dpop policy', { dpop: 'always' }, /dpop must be one of/],
    ['a token type without a name', { tokenTypes: { '': { scopes: [] } } }, /without a name/],
    ['a scope that no server takes', { tokenTypes: { a: { scopes: ['x"y'] } } }, /scopes holds no scope/],
    ['a label that is a number', { tokenTypes: { a: { scopes: [], label: 5 } } }, /label must be a non-empty string/],
    ['a quirk that does not exist', { quirks: { refreshScopes: 'omit' } }, /quirks\.refreshScopes does not exist/],
    ['a quirk of the wrong kind', { quirks: { grantDeadErrors: 'x' } }, /quirks\.grantDeadErrors must be an array/],
    ['a lifetime that is text', { quirks: { defaultLifetimeS: '3600' } }, /defaultLifetimeS must be a number/],
    ['a scheme that ends the header', { quirks: { authorizationScheme: 'A\r\nB' } }, /authorizationScheme must be/],
    ['a profile in plain text', { quirks: { profile: { endpoint: 'http://x', subject: 'id' } } }, /profile\.endpoint/],
    ['a profile of nobody', { quirks: { profile: { subject: [] } } }, /profile\.subject/],
    ['a name that is no function', { accountName: 'email' }, /accountName must be a function/],
  ])('are refused for %s, before anything is done', (_name, change, message) => {
    expect(create(change)).toThrow(message)
    try {
      create(change)()
    } catch (error) {
      expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
      expect(String(error)).not.toContain('secret-value')
    }
  })

  it('may name endpoints inside the developer’s own network', () => {
    const metadata = { issuer: 'https://login.example', token_endpoint: 'https://sts.example.internal/token' }
    expect(create({ issuer: undefined, metadata })).not.toThrow()
  })

  it('describe the authenticator without running it', () => {
    const tokenTypes = { notes: { scopes: ['notes'], label: 'Your notes', origins: ['https://api.example'] } }
    const own = create({ tokenTypes })()
    expect(own.description).toMatchObject({ type: 'com.example', label: 'Example', tokenTypes })
    expect(own.getAuthTokenLabel!('notes')).toBe('Your notes')
  })

  it('are kept as plain data, without functions', () => {
    const own = create({ accountName: () => 'x', clientSecret: 's' })()
    expect(own.configuration).toEqual({ kind: 'oauth', options: { ...base, clientSecret: 's' } })
  })
})

describe('redirect URIs', () => {
  it.each([
    ['http://127.0.0.1/callback', { kind: 'loopback', loopback: { host: '127.0.0.1', port: 0, path: '/callback' } }],
    ['http://localhost:8080/', { kind: 'loopback', loopback: { host: 'localhost', port: 8080, path: '/' } }],
    ['http://[::1]/cb', { kind: 'loopback', loopback: { host: '[::1]', port: 0, path: '/cb' } }],
    ['https://app.example/cb?x=1', { kind: 'web', uri: 'https://app.example/cb?x=1' }],
    ['com.example.app:/signed-in', { kind: 'app-link', uri: 'com.example.app:/signed-in' }],
  ])('%s', (uri, redirect) => {
    expect(parseRedirectUri(uri)).toEqual(redirect)
  })

  it.each([
    'app:/cb',
    'data:text/html,x',
    'file:///x',
    'http://127.0.0.2/cb',
    'x',
    'https://u@app.example/',
    'com.example.app:/c\nb',
    ' http://127.0.0.1/cb',
    // Parsers drop the port, so it would mean any.
    'http://localhost:80/cb',
    'http://127.0.0.1:080',
  ])('%j is none', (uri) => {
    expect(typeof parseRedirectUri(uri)).toBe('string')
  })
})
