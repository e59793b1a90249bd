import { readFile, writeFile } from 'node:fs/promises'
import { connectToTest } from '@accountry/testing'
import { OAuth2Client } from 'google-auth-library'
import { allowInsecureRequests, discovery, refreshTokenGrant } from 'openid-client'
import { AuthorizationCode } from 'simple-oauth2'
import { createMsal, msalAccount } from '../peers/msal.ts'
import { msalFilePlugin } from '../peers/msal-extensions.ts'
import { msalNetworkOf } from '../peers/msal-network.ts'

export type StormPeer = 'msal' | 'google-auth-library' | 'openid-client' | 'simple-oauth2'

export interface StormSetup {
  readonly peer: StormPeer
  /** What the processes share: MSAL's cache, or `{ refresh_token }` as an app writes it by hand. */
  readonly file: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly callers: number
  readonly scopes: readonly string[]
}

/** How many callers got a token. */
export interface StormAnswer {
  readonly answered: number
  readonly failed: number
}

type GetToken = (scope: string) => Promise<unknown>

const harness = connectToTest<StormSetup, StormAnswer>()
const setup = await harness.next()
const getToken = await opened(setup)
await harness.barrier()
const calls = setup.scopes.flatMap((scope) => Array.from({ length: setup.callers }, async () => await getToken(scope)))
const results = await Promise.allSettled(calls)
const answered = results.filter((result) => result.status === 'fulfilled').length
await harness.send({ answered, failed: results.length - answered })
process.exit()

async function opened({ peer, file, issuer, clientId, clientSecret }: StormSetup): Promise<GetToken> {
  switch (peer) {
    case 'google-auth-library': {
      const client = new OAuth2Client({ clientId, clientSecret, endpoints: { oauth2TokenUrl: `${issuer}/token` } })
      client.setCredentials({ refresh_token: await readToken(file) })
      // The library tells of new tokens; keeping them is up to the app.
      client.on('tokens', (tokens) => {
        if (tokens.refresh_token != null) void writeToken(file, tokens.refresh_token)
      })
      return async () => await client.getAccessToken()
    }
    case 'openid-client': {
      const config = await discovery(new URL(issuer), clientId, clientSecret, undefined, {
        execute: [allowInsecureRequests],
      })
      return async () => {
        const tokens = await refreshTokenGrant(config, await readToken(file))
        await writeToken(file, tokens.refresh_token)
      }
    }
    case 'simple-oauth2': {
      const client = new AuthorizationCode({
        client: { id: clientId, secret: clientSecret },
        auth: { tokenHost: issuer, tokenPath: '/token' },
      })
      return async () => {
        const stored = client.createToken({ access_token: '', refresh_token: await readToken(file), expires_in: -1 })
        await writeToken(file, (await stored.refresh()).token['refresh_token'])
      }
    }
    case 'msal': {
      const app = createMsal({
        cachePlugin: await msalFilePlugin(file),
        refresh: msalNetworkOf({ issuer, clientId, clientSecret }),
      })
      return async (scope) => await app.acquireTokenSilent({ account: msalAccount(0), scopes: [scope] })
    }
  }
}

async function readToken(file: string): Promise<string> {
  return (JSON.parse(await readFile(file, 'utf8')) as { refresh_token: string }).refresh_token
}

async function writeToken(file: string, refreshToken: unknown): Promise<void> {
  await writeFile(file, JSON.stringify({ refresh_token: refreshToken }))
}
