import { startAuthorizationServer } from '@accountry/testing'
import { expect, test } from 'vitest'
import { Crew } from './support/crew.ts'
import { prepareVault } from './support/prepared-vault.ts'
import type { TokenJob } from './support/token-process.ts'

const PROCESSES = 8

test(`${PROCESSES} processes with an ended token and a strict rotating server make one request and share its token (C-01)`, async () => {
  await using server = await startAuthorizationServer({ rotation: 'strict' })
  await using prepared = await prepareVault(server)
  await using crew = new Crew<TokenJob, string>(PROCESSES, new URL('support/token-process.ts', import.meta.url))
  await crew.all(() => ({ kind: 'open', place: prepared.place }))

  const tokens = await crew.all(() => ({ kind: 'get-token', accountId: prepared.account.id }))

  expect(new Set(tokens).size).toBe(1)
  expect(tokens[0]).not.toBe('ended')
  expect(server.requestsTo('token', 'refresh_token')).toHaveLength(1)
  await using manager = await prepared.open()
  expect(await server.isRefreshTokenAlive(String(await manager.getPassword(prepared.account)))).toBe(true)
  const next = await manager.getAuthToken(prepared.account, 'tasks', { forceRefresh: true })
  expect(next.value).not.toBe(tokens[0])
})
