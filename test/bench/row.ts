/** What a figure counts. `time` is in milliseconds. */
export type Unit = 'time' | 'times' | 'percent' | 'per-second' | 'count' | 'bytes'

/** What one of the contestants needed for a piece of work. */
export interface Entry {
  /** `Accountry`, a peer, or `limit: …` for what nobody can undercut. */
  readonly who: string
  readonly unit: Unit
  readonly p50: number
  readonly p99?: number | undefined
  readonly samples?: number | undefined
  readonly note?: string | undefined
}

/** One piece of work, with what it may cost and what it costs. */
export interface Row {
  readonly id: string
  readonly work: string
  /** What design and documentation promise, in words. */
  readonly budget: string
  readonly isMet: boolean
  readonly entries: readonly Entry[]
  /** Why it is not met, or what has to be known to read it. */
  readonly why?: string | undefined
}

/** A line of a plot: how a figure grows with the number of accounts. */
export interface Series {
  readonly who: string
  /** Number of accounts, milliseconds. */
  readonly points: readonly (readonly [number, number])[]
}

export interface Plot {
  readonly id: string
  readonly title: string
  readonly series: readonly Series[]
}

export interface BenchResult {
  readonly rows: readonly Row[]
  readonly plots?: readonly Plot[]
}

export interface BenchContext {
  /** A folder whose `node_modules` holds the packages as they are published, and the peers. */
  readonly staged: string
  /** A folder of this bench's own; emptied by the harness. */
  readonly scratch: string
  /** Shows how far it is. */
  progress(text: string): void
}

/** Measures some rows, in a process of its own. */
export type RunBench = (context: BenchContext) => Promise<BenchResult>
