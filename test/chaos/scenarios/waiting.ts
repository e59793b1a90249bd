import { startAuthorizationServer } from '@accountry/testing'
import { Crew } from '../../e2e/support/crew.ts'
import { prepareVault } from '../../e2e/support/prepared-vault.ts'
import type { WaitingJob } from '../processes/waiting-process.ts'
import type { ChaosReport, Scenario } from '../scenario.ts'

const PROCESSES = 8
/** How long the server thinks about each request. */
const THINKING_MS = 400
const OWN = Array.from({ length: PROCESSES }, (_, index) => `own-${index}`)
const SHARED = 'shared'
const ALONE = ['first', 'alone'] as const

/** Every process wants a token of one account: first each its own, then all the same one. */
export const waiting: Scenario = {
  name: 'contending processes',
  promise: `${PROCESSES} processes that need a refresh each wait no longer than 2 × ${PROCESSES} refreshes, and all leave at once when one refresh answers them`,
  async run(): Promise<ChaosReport> {
    await using server = await startAuthorizationServer({ rotation: 'strict' })
    await using prepared = await prepareVault(server)
    const { account, place } = prepared
    await using crew = new Crew<WaitingJob, number>(
      PROCESSES,
      new URL('../processes/waiting-process.ts', import.meta.url),
    )
    await crew.all(() => ({ kind: 'open', place, types: [...OWN, SHARED, ...ALONE] }))
    server.faults.always('token', { delayMs: THINKING_MS })
    const wait = (type: string): WaitingJob => ({ kind: 'wait', accountId: account.id, type })

    // The first of all looks up the server and loads what it needs; the second one counts.
    let oneMs = 0
    for (const type of ALONE) oneMs = (await crew.workers[0]?.do(wait(type))) ?? 0
    server.clearRequests()
    const inTurn = await crew.all((index) => wait(OWN[index] ?? SHARED))
    const requestsInTurn = server.requestsTo('token').length
    const mostAtOnce = server.inFlight.max
    server.clearRequests()
    const together = await crew.all(() => wait(SHARED))
    const requestsTogether = server.requestsTo('token').length

    const longestInTurn = Math.max(...inTurn)
    const longestTogether = Math.max(...together)
    const violations = [
      ...(longestInTurn > 2 * PROCESSES * oneMs ? [`somebody waited ${Math.round(longestInTurn)} ms`] : []),
      ...(mostAtOnce > 1 ? [`${mostAtOnce} requests were made at once`] : []),
      ...(requestsInTurn === PROCESSES ? [] : [`${requestsInTurn} requests were made for ${PROCESSES} tokens`]),
      ...(requestsTogether === 1 ? [] : [`${requestsTogether} requests were made for one token`]),
      // Whoever stayed in line after the answer would wait for the others, one after the other.
      ...(longestTogether > 3 * oneMs ? [`somebody stayed for ${Math.round(longestTogether)} ms`] : []),
    ]
    const facts = { oneMs, longestInTurn, longestTogether }
    return {
      facts: Object.fromEntries(Object.entries(facts).map(([name, ms]) => [name, Math.round(ms)])),
      violations,
    }
  },
}
