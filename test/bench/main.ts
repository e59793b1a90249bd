import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../support/repository.ts'
import { BENCHES, type BenchName } from './benches/index.ts'
import { describeMachine, machineText } from './machine.ts'
import { writePage } from './page.ts'
import type { BenchResult } from './row.ts'
import { runBench } from './run-bench.ts'
import { prepareStage } from './stage.ts'
import { tableText } from './table.ts'
import { KEY_VARIABLE } from './vault.ts'
import { stagedVersions } from './versions.ts'

/*
 * pnpm bench                 every row, as a table and as node_modules/.cache/bench.json
 * pnpm bench --write         the same, and docs/benchmarks.md with its plots from this run
 * pnpm bench --only accounts one bench, as a table only
 */
const { values } = parseArgs({ options: { only: { type: 'string' }, write: { type: 'boolean' } } })
const names = (Object.keys(BENCHES) as BenchName[]).filter((name) => values.only === undefined || name === values.only)
if (names.length === 0) throw new TypeError(`--only must be one of: ${Object.keys(BENCHES).join(', ')}`)

const cache = join(ROOT, 'node_modules', '.cache')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'bench-'))
const startedAt = performance.now()
const machine = describeMachine()
process.env[KEY_VARIABLE] = randomBytes(32).toString('base64')
process.stdout.write(`${machineText(machine)}\n`)

const staged = await prepareStage(join(folder, 'staged'))
const results: BenchResult[] = []
const failures: string[] = []
for (const name of names) {
  try {
    results.push(await runBench(name, { staged, scratch: join(folder, name) }))
  } catch (error) {
    failures.push(`${name} failed: ${String(error)}`)
  }
}
const report = {
  machine,
  seconds: Math.round((performance.now() - startedAt) / 1_000),
  versions: stagedVersions(staged),
  rows: results.flatMap(({ rows }) => rows),
  plots: results.flatMap(({ plots = [] }) => plots),
}
process.stdout.write(`\n${tableText(report.rows)} (${report.seconds} s)\n`)
for (const failure of failures) process.stdout.write(`${failure}\n`)
if (machine.load > machine.cores)
  process.stdout.write('The machine was busy when the run began: the figures are too high.\n')
if (values.only === undefined && failures.length === 0) {
  writeFileSync(join(cache, 'bench.json'), `${JSON.stringify(report, null, 2)}\n`)
  if (values.write === true) writePage(report)
}
rmSync(folder, { recursive: true, force: true })
const isUnexplained = report.rows.some(({ isMet, why }) => !isMet && why === undefined)
process.exitCode = isUnexplained || failures.length > 0 ? 1 : 0
