import { parseArgs } from 'node:util'
import { compileCache } from '../support/compile-cache.ts'
import { comparePeers, comparisonTable } from './peers.ts'
import { seededRandom } from './random.ts'
import { FULL, type Scenario, SHORT } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'

/*
 * pnpm chaos              the short counts
 * pnpm chaos --ci         the full counts
 * pnpm chaos --hours 2    the full counts again and again, each round with the next seed
 * pnpm chaos --seed 7     the same choices as another run with that seed
 * pnpm chaos --only storm one scenario
 * pnpm chaos --peers      the same writers and kills aimed at the stores that others use, as a table
 */
const { values } = parseArgs({
  options: {
    ci: { type: 'boolean' },
    seed: { type: 'string' },
    hours: { type: 'string' },
    only: { type: 'string' },
    peers: { type: 'boolean' },
  },
})
// Programs are killed and started anew by the hundred; most of their life they would strip types.
Object.assign(process.env, compileCache)
const isLong = values.hours !== undefined
const scale = values.ci === true || isLong ? FULL : SHORT
const endsAt = Date.now() + Number(values.hours ?? 0) * 3_600_000
let seed = Number(values.seed ?? Date.now() % 1_000_000)

if (values.peers === true) {
  process.stdout.write(`seed ${seed}\n\n`)
  const comparisons = await comparePeers({ scale, random: seededRandom(seed), progress })
  for (const comparison of comparisons) process.stdout.write(`${comparisonTable(comparison)}\n`)
  const ours = comparisons.map(({ outcomes }) => outcomes.get('accountry')?.differences.length)
  process.exit(ours.every((count) => count === 0) ? 0 : 1)
}

const chosen = SCENARIOS.filter(({ name }) => values.only === undefined || name.includes(values.only))
if (chosen.length === 0)
  throw new TypeError(`--only must be part of one of: ${SCENARIOS.map(({ name }) => name).join(', ')}`)

let broken = 0
do {
  process.stdout.write(`\nchaos with seed ${seed}\n`)
  for (const scenario of chosen) broken += await runScenario(scenario, seed)
  seed += 1
} while (Date.now() < endsAt)
process.stdout.write(broken === 0 ? '\nevery promise held\n' : `\n${broken} promises were broken\n`)
process.exitCode = broken === 0 ? 0 : 1

function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r  ${text}   `)
}

async function runScenario(scenario: Scenario, withSeed: number): Promise<number> {
  const startedAt = performance.now()
  process.stdout.write(`\n${scenario.name}: ${scenario.promise}\n`)
  const { facts, violations } = await scenario.run({
    scale,
    random: seededRandom(withSeed),
    progress,
  })
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1)
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
  process.stdout.write(
    `${process.stdout.isTTY ? '\r' : ''}  ${violations.length === 0 ? 'held' : 'BROKEN'} in ${seconds} s: ${told.join(', ')}\n`,
  )
  for (const violation of violations.slice(0, 20)) process.stdout.write(`  - ${violation}\n`)
  return violations.length === 0 ? 0 : 1
}
