import { connectToTest } from '@accountry/testing'
import { BENCHES, type BenchName } from '../benches/index.ts'
import type { BenchContext, BenchResult } from '../row.ts'

export type BenchJob = { readonly name: BenchName } & Omit<BenchContext, 'progress'>
export type BenchNews = { readonly progress: string } | { readonly result: BenchResult }

// One bench in a process of its own: what it leaves in memory slows down nobody else.
const harness = connectToTest<BenchJob, BenchNews>()
const { name, ...places } = await harness.next()
const run = await BENCHES[name]()
const result = await run({ ...places, progress: (progress) => void harness.send({ progress }) })
await harness.send({ result })
process.exit()
