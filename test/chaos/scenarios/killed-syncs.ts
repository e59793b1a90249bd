import { runChaos } from '../../acceptance/sync/support/chaos.ts'
import type { ChaosReport, Scenario } from '../scenario.ts'

const PROCESSES = 3
const TARGETS = 1_000
const TAKEN_OVER_WITHIN_MS = 5_000

/** Processes that share the queue of syncs, ask and run, and are killed at any moment. */
export const killedSyncs: Scenario = {
  name: 'killed syncs',
  promise: `${PROCESSES} processes, ${TARGETS} targets, kill -9: whatever was accepted runs, nothing runs twice at once, the dead are taken over`,
  async run({ scale, random, progress }): Promise<ChaosReport> {
    progress(`${scale.syncMs / 1_000} s of kills`)
    const options = { processes: PROCESSES, targets: TARGETS, forMs: scale.syncMs, killEveryMs: 300 }
    const { kills, accepted, runs, lost, overlaps, takeoversMs } = await runChaos({ ...options, random: random.next })
    const slowest = Math.round(Math.max(0, ...takeoversMs))
    return {
      facts: { kills, accepted, runs, takenOver: takeoversMs.length, slowestTakeoverMs: slowest },
      violations: [
        ...lost.map((request) => `never ran: ${request}`),
        ...overlaps.map((pair) => `ran at the same time: ${pair}`),
        ...(slowest > TAKEN_OVER_WITHIN_MS ? [`a dead process was taken over after ${slowest} ms`] : []),
      ],
    }
  },
}
