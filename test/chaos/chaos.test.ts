import { describe, expect, test } from 'vitest'
import { seededRandom } from './random.ts'
import { SHORT } from './scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'

const SEED = 20_261_125

describe('chaos, the short counts', () => {
  test.for(SCENARIOS)('$name: $promise', { timeout: 120_000 }, async (scenario) => {
    const report = await scenario.run({ scale: SHORT, random: seededRandom(SEED), progress: () => undefined })
    expect(report.violations).toEqual([])
  })
})
