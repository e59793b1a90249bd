import type { RunBench } from '../row.ts'

/** Every bench by its name. Loaded by the process that runs it: nobody pays for the imports of the others. */
export const BENCHES = {
  imports: async () => (await import('./import-cost.ts')).importCost,
  'first-token': async () => (await import('./first-token.ts')).firstToken,
  idle: async () => (await import('./idle.ts')).idle,
  'hand-over': async () => (await import('./hand-over.ts')).handOver,
  'refresh-storm': async () => (await import('./refresh-storm.ts')).refreshStorm,
  'store-integrity': async () => (await import('./store-integrity.ts')).storeIntegrity,
  sync: async () => (await import('./sync-engine.ts')).syncEngine,
  accounts: async () => (await import('./many-accounts.ts')).manyAccounts,
} as const satisfies Record<string, () => Promise<RunBench>>

export type BenchName = keyof typeof BENCHES
