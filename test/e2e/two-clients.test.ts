import { startAuthorizationServer } from '@accountry/testing'
import { expect, test } from 'vitest'
import { Worker } from './support/crew.ts'
import { openExampleVault } from './support/example-vault.ts'
import { prepareVault } from './support/prepared-vault.ts'
import type { TokenJob } from './support/token-process.ts'

const SCRIPT = new URL('support/token-process.ts', import.meta.url)

test('two programs with different clients share a vault: neither sends the refresh token of the other or changes its account', async () => {
  await using server = await startAuthorizationServer({ rotation: 'strict' })
  await using prepared = await prepareVault(server)
  const places = [prepared.place, { ...prepared.place, ...server.confidentialClient }]
  await using one = new Worker<TokenJob, string>(SCRIPT)
  await using other = new Worker<TokenJob, string>(SCRIPT)
  const programs = [one, other]
  await Promise.all(programs.map((program, index) => program.do({ kind: 'open', place: places[index]! })))
  await using manager = await openExampleVault(places[1]!)
  const theirs = await manager.addAccountExplicitly(
    { type: 'com.example', name: 'ben@example.com' },
    { password: await server.mintRefreshToken({ user: 'ben', clientId: server.confidentialClient.clientId }) },
  )
  const accounts = [prepared.account, theirs]
  const ask = (program: number, account: number) =>
    programs[program]!.do({ kind: 'get-token', accountId: accounts[account]!.id, forceRefresh: true })

  for (const turn of [0, 1]) expect(await ask(turn, turn)).toBeTruthy()
  // Each asks for both at once, again and again; only its own answers.
  for (let round = 0; round < 5; round++) {
    const asked = await Promise.allSettled([ask(0, 0), ask(1, 1), ask(0, 1), ask(1, 0)])
    expect(asked.slice(0, 2).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    // Whoever waited while the owner renewed may get the owner's token; nobody sends a request for another's account.
    const refusals = asked.slice(2).filter((answer) => answer.status === 'rejected')
    for (const { reason } of refusals) expect(String(reason)).toContain('other-client')
  }
  for (const [program, account] of [
    [0, 1],
    [1, 0],
  ] as const) {
    await expect(ask(program, account)).rejects.toThrow('other-client')
  }

  const byClient = new Map<boolean, Set<string>>([
    [false, new Set()],
    [true, new Set()],
  ])
  for (const { params, headers } of server.requestsTo('token', 'refresh_token')) {
    byClient.get(headers.authorization !== undefined)?.add(params['refresh_token'] ?? '')
  }
  expect([...byClient.values()].map(({ size }) => size)).toEqual([6, 6])
  expect([...(byClient.get(false) ?? [])].filter((token) => byClient.get(true)?.has(token))).toEqual([])
  for (const account of accounts) {
    expect(await manager.getAccountInfo(account)).toMatchObject({ state: 'ok' })
    expect(await server.isRefreshTokenAlive(String(await manager.getPassword(account)))).toBe(true)
  }
})
