import type { Random } from './random.ts'

/** How much a run does. */
export interface Scale {
  /** Processes that are killed while they write. */
  readonly writeKills: number
  /** Refreshes in which a process is killed, for each kind of server. */
  readonly refreshKills: number
  /** How long the holder of a lease is stopped. */
  readonly stopMs: number
  /** How long processes that synchronise are killed. */
  readonly syncMs: number
}

export const SHORT: Scale = { writeKills: 20, refreshKills: 20, stopMs: 1_500, syncMs: 5_000 }
export const FULL: Scale = { writeKills: 200, refreshKills: 200, stopMs: 15_000, syncMs: 60_000 }

export interface ChaosContext {
  readonly scale: Scale
  readonly random: Random
  /** Shows how far it is. */
  progress(text: string): void
}

/** What a scenario saw. Every violation is a broken promise. */
export interface ChaosReport {
  readonly facts: Readonly<Record<string, number | string>>
  readonly violations: readonly string[]
}

export interface Scenario {
  readonly name: string
  /** What must hold, in a sentence. */
  readonly promise: string
  run(context: ChaosContext): Promise<ChaosReport>
}
