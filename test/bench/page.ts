import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/repository.ts'
import { figure, p99Of } from './format.ts'
import { type Machine, machineText } from './machine.ts'
import { plotSvg } from './plot.ts'
import type { Entry, Plot, Row } from './row.ts'

/** Everything that a run found. */
export interface Report {
  readonly machine: Machine
  readonly seconds: number
  readonly versions: Readonly<Record<string, string>>
  readonly rows: readonly Row[]
  readonly plots: readonly Plot[]
}

/** Writes `docs/benchmarks.md` and its drawings anew. */
export function writePage(report: Report): void {
  const docs = join(ROOT, 'docs')
  mkdirSync(join(docs, 'images'), { recursive: true })
  for (const plot of report.plots) writeFileSync(join(docs, 'images', `${plot.id}.svg`), plotSvg(plot))
  writeFileSync(join(docs, 'benchmarks.md'), pageText(report))
}

export function pageText({ machine, seconds, versions, rows, plots }: Report): string {
  return [
    '# Benchmarks',
    '',
    'What Accountry costs, beside what an app would use instead, on the same work, in the same run on the same machine. This',
    'page is written by `pnpm bench --write`; `pnpm bench` shows the same figures for your machine.',
    '',
    `**Machine.** ${machineText(machine)}. The run took ${seconds} s.`,
    '',
    `**Versions.** ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    '',
    ...HOW_TO_READ,
    '',
    '## Budgets',
    '',
    '| work | budget | Accountry | p99 | |',
    '| --- | --- | ---: | ---: | --- |',
    ...rows.map(budgetLine),
    '',
    ...plots.flatMap((plot) => [`![${plot.title}](images/${plot.id}.svg)`, '']),
    '## Beside the others',
    '',
    ...rows.flatMap(rowSection),
  ].join('\n')
}

const HOW_TO_READ = [
  '**How to read it.** Half of all samples took at most what the column “half” says, 99 % at most what “p99” says. Calls that',
  'take nanoseconds are timed in batches, so their p99 is that of batches. Contestants take turns within a row. A *limit* is',
  'what nobody can undercut: the same work without any of the promises. Imports and first tokens use the bundles that are',
  'published, in fresh processes; MSAL’s network is a function in the same process, so that nobody waits for a server.',
]

function budgetLine({ work, budget, isMet, entries }: Row): string {
  const ours = entries[0]
  const cells = ours === undefined ? ['', ''] : [figure(ours.p50, ours.unit), p99Of(ours)]
  const remark = ours?.note === undefined ? '' : `: ${ours.note}`
  return `| [${work}](#${anchorOf(work)}) | ${budget} | ${cells.join(' | ')} | ${isMet ? 'met' : '**missed**'}${remark} |`
}

function rowSection({ work, budget, entries, why }: Row): string[] {
  return [
    `### ${work[0]?.toUpperCase()}${work.slice(1)}`,
    '',
    `Budget: ${budget}.${why === undefined ? '' : ` ${why}`}`,
    '',
    '| | half | p99 | |',
    '| --- | ---: | ---: | --- |',
    ...entries.map(entryLine),
    '',
  ]
}

function entryLine(entry: Entry): string {
  const who = entry.who.startsWith('limit: ') ? `*${entry.who}*` : entry.who
  return `| ${who} | ${figure(entry.p50, entry.unit)} | ${p99Of(entry)} | ${entry.note ?? ''} |`
}

/** The anchor that GitHub gives to the heading of a section. */
function anchorOf(work: string): string {
  return work
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')
}
