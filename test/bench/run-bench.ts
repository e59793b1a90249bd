import { mkdirSync } from 'node:fs'
import { startProcess } from '@accountry/testing'
import type { BenchName } from './benches/index.ts'
import type { BenchJob, BenchNews } from './processes/bench-process.ts'
import type { BenchContext, BenchResult } from './row.ts'

/** Runs one bench in a process of its own, and shows how far it is. */
export async function runBench(name: BenchName, places: Omit<BenchContext, 'progress'>): Promise<BenchResult> {
  mkdirSync(places.scratch, { recursive: true, mode: 0o700 })
  const script = new URL('processes/bench-process.ts', import.meta.url)
  await using child = startProcess<BenchJob, BenchNews>(script)
  child.send({ name, ...places })
  for (;;) {
    const news = await child.next()
    if ('result' in news) return news.result
    process.stderr.write(`${name}: ${news.progress}\n`)
  }
}
