import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

/** The machine of a run; nothing that tells whose it is. */
export interface Machine {
  readonly cores: number
  readonly processor: string
  readonly memoryGb: number
  readonly node: string
  readonly sqlite: string
  readonly system: string
  /** Load average over a minute when the run began: above the number of cores the figures are too high. */
  readonly load: number
}

export function describeMachine(): Machine {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1_024 ** 3),
    node: process.version,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    system: `${process.platform} ${process.arch}`,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}

export function machineText({ cores, processor, memoryGb, node, sqlite, system, load }: Machine): string {
  return `${cores} cores (${processor}), ${memoryGb} GB, ${system}, Node ${node.slice(1)}, SQLite ${sqlite}, load ${load} at the start`
}
