import { createEndSessionUrl } from '@accountry/oauth'
import { startAuthorizationServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { errorOf } from './context.ts'

const base = { type: 'com.example', label: 'Example' }

describe('createEndSessionUrl', () => {
  it('is the server’s page with what identifies the session', async () => {
    const server = await startAuthorizationServer()
    const options = { ...base, issuer: server.issuer, clientId: server.clientId }
    const url = await createEndSessionUrl(options, {
      idToken: 'a.b.c',
      postLogoutRedirectUri: 'http://127.0.0.1/signed-out',
      state: 's',
    })
    expect(url.origin).toBe(server.issuer)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: server.clientId,
      id_token_hint: 'a.b.c',
      post_logout_redirect_uri: 'http://127.0.0.1/signed-out',
      state: 's',
    })
    await server.close()
  })

  it('says that a service has none', async () => {
    const metadata = { issuer: 'https://as.example' }
    const error = await errorOf(createEndSessionUrl({ ...base, metadata, clientId: 'app' }))
    expect(error.code).toBe('ERR_UNSUPPORTED')
  })

  it('checks its arguments before it asks anybody anything', async () => {
    const options = { ...base, issuer: 'https://as.example', clientId: 'app' }
    await expect(createEndSessionUrl(options, null as never)).rejects.toThrow(/request must be an object/)
    await expect(createEndSessionUrl(options, { idToken: 5 } as never)).rejects.toThrow(/idToken must be/)
  })

  it('refuses a redirect that a browser must not be sent to', async () => {
    const options = { ...base, issuer: 'https://as.example', clientId: 'app' }
    await expect(createEndSessionUrl(options, { postLogoutRedirectUri: 'javascript:1' })).rejects.toThrow(TypeError)
  })
})
