import { measure } from 'mitata'
import type { Entry } from './row.ts'

/** How long something took, in milliseconds. */
export interface Timing {
  readonly p50: number
  readonly p99: number
  readonly samples: number
}

export function timingOf(milliseconds: readonly number[]): Timing {
  const sorted = [...milliseconds].sort((a, b) => a - b)
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), samples: sorted.length }
}

/** The smallest value that is at least as large as `share` of all; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

export function timeEntry(who: string, timing: Timing, note?: string): Entry {
  return { who, unit: 'time', ...timing, note }
}

const NANOSECONDS = 1_000_000

/**
 * Times calls that take nanoseconds to microseconds. Each sample is the mean of a batch of calls.
 *
 * The contestants take turns, so that a machine that is busy for a while is busy for all of them.
 */
export async function timeCalls<Name extends string>(
  calls: Readonly<Record<Name, () => unknown>>,
  { rounds = 3, roundMs = 100 }: { rounds?: number; roundMs?: number } = {},
): Promise<Record<Name, Timing>> {
  const names = Object.keys(calls) as Name[]
  const samples = new Map(names.map((name) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const stats = await measure(calls[name], { min_cpu_time: roundMs * NANOSECONDS, gc: false as never })
      for (const nanoseconds of stats.samples) samples.get(name)?.push(nanoseconds / NANOSECONDS)
    }
  }
  return Object.fromEntries(names.map((name) => [name, timingOf(samples.get(name) ?? [])])) as Record<Name, Timing>
}

/** Times each of several calls that take longer, until `count` calls or `withinMs` have passed. */
export async function timeEach(
  call: (round: number) => unknown,
  { count, withinMs = 5_000 }: { count: number; withinMs?: number },
): Promise<Timing> {
  const milliseconds: number[] = []
  const endsAt = performance.now() + withinMs
  for (let round = 0; round < count && (round === 0 || performance.now() < endsAt); round++) {
    const startedAt = performance.now()
    await call(round)
    milliseconds.push(performance.now() - startedAt)
  }
  return timingOf(milliseconds)
}
