import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { describe, expect, test } from 'vitest'

/** What is only needed once something is asked of a service. */
const ON_FIRST_CALL = /service|flow$|refresh|token|discovery|exchange|jwks|dpop|classify|revoke|sign-in|oauth-client/

async function loadedBy(entry: string, call: string): Promise<{ loaded: string[]; made: string[] }> {
  const script = fileURLToPath(new URL('support/loaded-modules.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script, entry, call])
  return JSON.parse(stdout) as { loaded: string[]; made: string[] }
}

describe('importing the package and making an authenticator', () => {
  test.each([
    ['@accountry/oauth', 'createOAuthAuthenticator'],
    ['@accountry/oauth/providers/google', 'google'],
  ])('%s loads nothing that asks a service', async (entry, call) => {
    const { loaded, made } = await loadedBy(entry, call)
    expect(loaded).toContain('authenticator')
    expect(made).toContain('getAuthToken')
    expect(loaded.filter((file) => ON_FIRST_CALL.test(file))).toEqual([])
  })
})

describe('an authenticator', () => {
  const base: OAuthAuthenticatorOptions = {
    type: 'com.example',
    label: 'Example',
    issuer: 'https://login.example.com',
    clientId: 'desktop',
  }
  const ALWAYS = [
    'addAccount',
    'authorizeRequest',
    'configuration',
    'description',
    'discard',
    'getAuthToken',
    'getAuthTokenLabel',
    'hasFeatures',
    'revoke',
    'updateCredentials',
  ]
  const FOR_PEOPLE = ['confirmCredentials', 'finishSession', 'startAddAccountSession', 'startUpdateCredentialsSession']

  test('has the methods for people where a person signs in', () => {
    expect(Object.keys(createOAuthAuthenticator(base)).sort()).toEqual([...ALWAYS, ...FOR_PEOPLE].sort())
  })

  test('has none of them where nobody does', () => {
    const authenticator = createOAuthAuthenticator({ ...base, flow: 'client-credentials', clientSecret: 's' })
    expect(Object.keys(authenticator).sort()).toEqual(ALWAYS)
  })
})
