import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { startScriptedServer } from '@accountry/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { errorOf, testCredential } from './context.ts'

const trusted = getCACertificates('default')
afterEach(() => setDefaultCACertificates(trusted))

const account = { id: 'a1', type: 'com.example', name: 'ana' }

/** Renews at an https server with such a certificate. */
async function renew(kind: 'valid' | 'expired' | 'wrong-host', isTrusted: boolean) {
  await using server = await startScriptedServer({ tls: kind })
  if (isTrusted) setDefaultCACertificates([...trusted, server.ca ?? ''])
  server.on('/token', { json: { access_token: 'at', token_type: 'Bearer' } })
  const own = createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    metadata: { issuer: server.origin, token_endpoint: `${server.origin}/token` },
    clientId: 'desktop',
  })
  const { context } = testCredential({ password: 'secret-rt' })
  const asking = own.getAuthToken({ account, authTokenType: 'any', options: {} }, context)
  const result = await asking.then((token) => token.value).catch(() => errorOf(asking))
  return { result, received: server.requests.length }
}

describe('over https', () => {
  it('works with a certificate that is right', async () => {
    expect(await renew('valid', true)).toEqual({ result: 'at', received: 1 })
  })

  it.each<['valid' | 'expired' | 'wrong-host', boolean, string]>([
    ['expired', true, 'that ended yesterday'],
    ['wrong-host', true, 'of another host'],
    ['valid', false, 'of an authority that nobody trusts'],
  ])('%s, trusted %s: a certificate %s is ERR_TLS, and nothing is sent (C-23, G-22)', async (kind, isTrusted) => {
    const { result, received } = await renew(kind, isTrusted)
    expect(result).toMatchObject({ code: 'ERR_TLS', retryable: true })
    expect(received).toBe(0)
  })
})
