import { join } from 'node:path'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

// pnpm test:packaging. It packs and installs, so it takes minutes and the registry; `pnpm test` does without.
const suite: ViteUserConfig = defineConfig({
  test: {
    include: ['test/packaging/*.packaging.ts'],
    globalSetup: [join(import.meta.dirname, 'pack-once.ts')],
    pool: 'forks',
    // Each file installs packages; side by side they only wait for each other.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 600_000,
  },
})

export default suite
