import { type AuthorizedFetch, createAuthorizedFetch } from '@accountry/http'
import { type ScriptedServer, type ScriptedServerOptions, startScriptedServer } from '@accountry/testing'
import { onTestFinished } from 'vitest'
import { secret } from './canaries.ts'
import type { Service } from './service.ts'
import { scriptedWorld, type World, type WorldOptions } from './world.ts'

/** An account whose every renewal brings another token, an API that takes it, and another origin that must not. */
export interface ApiScene {
  readonly world: World & { readonly service: Service }
  readonly account: Awaited<ReturnType<World['account']>>
  readonly api: ScriptedServer
  readonly elsewhere: ScriptedServer
  /** Signs for the API and for nothing else. */
  readonly send: AuthorizedFetch
  /** How often a token was renewed. */
  renewals(): number
}

/** The access token of the n-th renewal, counted from 1. */
export function tokenNumber(n: number): string {
  return secret(`access token ${n}`)
}

export async function apiScene(options: WorldOptions = {}, server: ScriptedServerOptions = {}): Promise<ApiScene> {
  const world = await scriptedWorld(options)
  const account = await world.account()
  let issued = 0
  world.service.tokens(() => {
    issued += 1
    const token_type = options.oauth?.dpop === undefined ? 'Bearer' : 'DPoP'
    return { json: { access_token: tokenNumber(issued), token_type, expires_in: 3600 } }
  })
  const [api, elsewhere] = [await startScriptedServer(server), await startScriptedServer({ host: '127.0.0.2' })]
  for (const each of [api, elsewhere]) onTestFinished(() => each.close())
  api.always = { json: { ok: true } }
  const origins = [api.origin]
  const send = createAuthorizedFetch({ manager: world.manager, account, authTokenType: 'notes', origins })
  return { world, account, api, elsewhere, send, renewals: () => issued }
}

/** Takes one token and rejects every other one. */
export function taking(token: string): ScriptedServer['always'] {
  return ({ headers }) =>
    headers.authorization === `Bearer ${token}`
      ? { json: { ok: true } }
      : { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } }
}
