// Many processes share one account whose refresh token may be used once.
//
//   node examples/agent-tokens/main.ts

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startAuthorizationServer, startTaskApi } from '@accountry/testing'
import { openAgents, type Place } from './place.ts'

const AGENTS = 5

// Whoever uses a refresh token a second time ends the grant for everybody.
await using server = await startAuthorizationServer({ rotation: 'strict' })
await using api = await startTaskApi({ issuer: server.issuer, users: { ana: ['Buy milk'] } })
await using folder = await mkdtempDisposable(`${tmpdir()}/accountry-example-`)
const place: Place = { folder: folder.path, issuer: server.issuer, clientId: server.clientId, api: api.url }

await using accountry = await openAgents(place, server.browser('ana'))
const account = await accountry.account('com.example', { interaction: 'allow' })
console.log(`${account.name} has signed in once.`)

await endToken()
const counts = await Promise.all(Array.from({ length: AGENTS }, () => resultOf(startAgent())))
console.log(
  `${AGENTS} agents made ${counts.reduce((sum, count) => sum + count, 0)} requests with ${refreshes()} refresh.`,
)

// The agent that refreshes dies while its request is on the way, and another one takes over.
await endToken()
server.faults.next('token', { hang: true })
const dying = startAgent()
while (refreshes() === 1) await setTimeout(20)
dying.kill('SIGKILL')
console.log(`One was killed in the middle; the next made ${await resultOf(startAgent())} requests.`)
console.log(`The account is ${(await accountry.accounts.getAccountInfo(account)).state}, and nobody signed in again.`)

function startAgent(): ChildProcess {
  const agent = fileURLToPath(new URL('agent.ts', import.meta.url))
  return spawn(process.execPath, [agent, JSON.stringify(place)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function resultOf({ stdout }: ChildProcess): Promise<number> {
  return stdout === null ? 0 : Number(await text(stdout))
}

/** As when the hour is over: the next who asks has to refresh. */
async function endToken(): Promise<void> {
  await accountry.accounts.invalidateAuthToken(await accountry.accounts.getAuthToken(account, 'tasks'))
}

function refreshes(): number {
  return server.requestsTo('token', 'refresh_token').length
}
