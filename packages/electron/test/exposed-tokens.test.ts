import type { FakeAuthenticatorScript } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import type { ExposedTokenType } from '../src/main/index.ts'
import type { ExposedToken } from '../src/renderer/index.ts'
import { openElectronApp } from './support/electron-app.ts'

const exposed: ExposedTokenType = { accountType: 'com.example', authTokenType: 'maps' }
const denied = { code: 'ERR_DENIED' }

/** Asks for a token of the type `maps` in a page. */
async function askForToken(
  exposeAuthTokens: readonly ExposedTokenType[],
  authenticator: FakeAuthenticatorScript = {},
): Promise<ExposedToken> {
  const { openWindow } = await openElectronApp({ exposeAuthTokens }, { authenticator })
  const { client } = openWindow()
  return await client.getAuthToken(await client.addAccount('com.example'), 'maps')
}

describe('a token', () => {
  it('stays in the main process unless the host lists its type', async () => {
    await expect(askForToken([])).rejects.toMatchObject(denied)
    await expect(askForToken([{ ...exposed, authTokenType: 'tasks' }])).rejects.toMatchObject(denied)
    await expect(askForToken([{ ...exposed, accountType: 'com.other' }])).rejects.toMatchObject(denied)
  })

  it('of a listed type is given to the page', async () => {
    expect(await askForToken([exposed])).toMatchObject({ value: 'token-1', scheme: 'Bearer' })
  })

  it('is never given out when it lives longer than allowed, or for ever', async () => {
    await expect(askForToken([{ ...exposed, maxLifetimeMs: 1_000 }])).rejects.toMatchObject(denied)
    const endless = { answers: { getAuthToken: [{ value: 'endless' }] } }
    await expect(askForToken([exposed], endless)).rejects.toMatchObject(denied)
  })

  it('is never given out when it is the credential, an ID token, or needs a key', async () => {
    await expect(askForToken([exposed], { capabilities: { passwordIsToken: true } })).rejects.toMatchObject(denied)
    const idToken = { maps: { kind: 'id_token' } as object }
    await expect(askForToken([exposed], { tokenTypes: idToken })).rejects.toMatchObject(denied)
    await expect(askForToken([exposed], { canAuthorize: true })).rejects.toMatchObject(denied)
  })
})
