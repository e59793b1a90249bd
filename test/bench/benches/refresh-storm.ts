import { readFile, writeFile } from 'node:fs/promises'
import { type AuthorizationServer, releaseTogether, startAuthorizationServer, startProcess } from '@accountry/testing'
import { seededRandom } from '../../chaos/random.ts'
import { SHORT } from '../../chaos/scenario.ts'
import { storm } from '../../chaos/scenarios/storm.ts'
import { createMsal, signInToMsal } from '../peers/msal.ts'
import { msalFilePlugin } from '../peers/msal-extensions.ts'
import { msalNetworkOf } from '../peers/msal-network.ts'
import type { StormAnswer, StormPeer, StormSetup } from '../processes/peer-storm-process.ts'
import type { BenchContext, BenchResult, Entry } from '../row.ts'

const PROCESSES = 8
const CALLERS = 100
const SCOPES = ['tasks.read', 'tasks.write', 'api'] as const
const PEERS = ['msal', 'google-auth-library', 'openid-client', 'simple-oauth2'] as const

/** Everybody wants a token at the same moment, of one grant whose refresh token rotates. */
export async function refreshStorm(context: BenchContext): Promise<BenchResult> {
  context.progress('a refresh storm')
  const { facts, violations } = await storm.run({
    scale: SHORT,
    random: seededRandom(1),
    progress: () => undefined,
  })
  const entries: Entry[] = [
    {
      who: 'Accountry',
      unit: 'count',
      p50: Number(facts['requests']),
      note:
        violations.length === 0 ? 'one at a time, every caller has a token, the grant is alive' : violations.join('; '),
    },
  ]
  for (const peer of PEERS) {
    context.progress(`the storm with ${peer}`)
    entries.push(await stormOf(peer, context))
  }
  return {
    rows: [
      {
        id: 'refresh-storm',
        work: `requests in a refresh storm: ${PROCESSES} processes × ${CALLERS} callers × ${SCOPES.length} token types, one rotating refresh token`,
        budget: '1 at a time, ≤ 3 in all, the grant alive',
        isMet: violations.length === 0,
        entries,
      },
    ],
  }
}

async function stormOf(peer: StormPeer, { scratch }: BenchContext): Promise<Entry> {
  await using server = await startAuthorizationServer({ rotation: 'strict' })
  const file = `${scratch}/${peer}.json`
  const setup: StormSetup = {
    peer,
    file,
    issuer: server.issuer,
    ...server.confidentialClient,
    callers: CALLERS,
    scopes: SCOPES,
  }
  await store(setup, await server.mintRefreshToken({ clientId: setup.clientId }))
  server.clearRequests()
  const answers = await runStorm(setup)
  const total = answers.reduce((sum, { answered, failed }) => sum + answered + failed, 0)
  const answered = answers.reduce((sum, each) => sum + each.answered, 0)
  return {
    who: peer === 'msal' ? 'MSAL with its extensions' : peer,
    unit: 'count',
    p50: server.requestsTo('token', 'refresh_token').length,
    note: [
      `${server.inFlight.max} at a time`,
      `${answered} of ${total} callers have a token`,
      `the grant is ${(await isAlive(server, setup)) ? 'alive' : 'dead'}`,
    ].join(', '),
  }
}

async function runStorm(setup: StormSetup): Promise<StormAnswer[]> {
  const script = new URL('../processes/peer-storm-process.ts', import.meta.url)
  const processes = Array.from({ length: PROCESSES }, () => startProcess<StormSetup, StormAnswer>(script))
  try {
    for (const each of processes) each.send(setup)
    await releaseTogether(processes)
    return await Promise.all(processes.map(async (each) => await each.next()))
  } finally {
    await Promise.all(processes.map((each) => each.kill()))
  }
}

/** Puts the refresh token where the processes find it. */
async function store(setup: StormSetup, refreshToken: string): Promise<void> {
  if (setup.peer !== 'msal') {
    await writeFile(setup.file, JSON.stringify({ refresh_token: refreshToken }))
    return
  }
  await signInToMsal(
    createMsal({ cachePlugin: await msalFilePlugin(setup.file), refresh: msalNetworkOf(setup) }),
    refreshToken,
  )
}

async function isAlive(server: AuthorizationServer, { file }: StormSetup): Promise<boolean> {
  const tokens = refreshTokensIn(await readFile(file, 'utf8'))
  const alive = await Promise.all(tokens.map(async (token) => await server.isRefreshTokenAlive(token)))
  return alive.includes(true)
}

/** In MSAL's cache, in a file written by hand, or in what eight writers left of it. */
function refreshTokensIn(text: string): string[] {
  try {
    const { refresh_token: byHand, RefreshToken: cached = {} } = JSON.parse(text) as {
      refresh_token?: string
      RefreshToken?: Record<string, { secret: string }>
    }
    return byHand === undefined ? Object.values(cached).map(({ secret }) => secret) : [byHand]
  } catch {
    return []
  }
}
