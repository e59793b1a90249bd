import { startAuthorizationServer } from '@accountry/testing'
import { Crew } from '../../e2e/support/crew.ts'
import { prepareVault } from '../../e2e/support/prepared-vault.ts'
import type { StormJob } from '../processes/storm-process.ts'
import type { ChaosReport, Scenario } from '../scenario.ts'

const PROCESSES = 8
const CALLERS = 100
const TYPES = ['tasks', 'notes', 'files'] as const

/** Everybody wants a token at the same moment, of one grant whose refresh token rotates. */
export const storm: Scenario = {
  name: 'refresh storm',
  promise: `${PROCESSES} processes × ${CALLERS} callers × ${TYPES.length} token types: one request at a time, at most ${TYPES.length} in all, the grant alive`,
  async run(): Promise<ChaosReport> {
    await using server = await startAuthorizationServer({ rotation: 'strict' })
    await using prepared = await prepareVault(server)
    const script = new URL('../processes/storm-process.ts', import.meta.url)
    await using crew = new Crew<StormJob, string[]>(PROCESSES, script)
    await crew.all(() => ({ kind: 'open', place: prepared.place }))
    const answers = await crew.all(() => ({
      kind: 'storm',
      accountId: prepared.account.id,
      callers: CALLERS,
      types: TYPES,
    }))

    const requests = server.requestsTo('token', 'refresh_token').length
    const different = new Set(answers.flat()).size
    await using manager = await prepared.open()
    const isAlive = await server.isRefreshTokenAlive(String(await manager.getPassword(prepared.account)))
    const violations = [
      ...(requests > TYPES.length ? [`${requests} requests were made`] : []),
      ...(server.inFlight.max > 1 ? [`${server.inFlight.max} requests were made at once`] : []),
      ...(different > TYPES.length ? [`callers got ${different} different tokens`] : []),
      ...(isAlive ? [] : ['the grant is dead']),
    ]
    return {
      facts: { callers: PROCESSES * CALLERS * TYPES.length, requests, mostAtOnce: server.inFlight.max },
      violations,
    }
  },
}
