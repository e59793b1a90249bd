import { defineConfig } from 'vitest/config'
import { compileCache } from './test/support/compile-cache.ts'
import { LongestFirst } from './test/support/longest-first.ts'
import { quickTemporaryFolder } from './test/support/temporary-folder.ts'

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts'],
    pool: 'forks',
    // Left alone, vitest keeps one processor for itself, which is half of a small machine.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // Tests start programs by the hundred; without the cache each strips the types of the same hundred files again.
    env: { ...compileCache, ...quickTemporaryFolder() },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/vitest-results.json' }]],
  },
})
