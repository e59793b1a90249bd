import { figure, p99Of } from './format.ts'
import type { Row } from './row.ts'

/** All rows as text for a terminal: the work and its budget, and below it who needed how much. */
export function tableText(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => [...rowLines(row), ''])
  const missed = rows.filter(({ isMet }) => !isMet).length
  const verdict = missed === 0 ? 'all budgets are met' : `${missed} of ${rows.length} budgets are missed`
  return [...lines, `${rows.length} rows: ${verdict}`].join('\n')
}

function rowLines({ work, budget, isMet, entries, why }: Row): string[] {
  const cells = entries.map((entry) => [entry.who, figure(entry.p50, entry.unit), p99Of(entry), entry.note ?? ''])
  const [who, p50, p99] = [0, 1, 2].map((column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length), 3))
  return [
    `${isMet ? 'met   ' : 'MISSED'}  ${work}`,
    `        budget: ${budget}`,
    ...cells.map(([name = '', middle = '', high = '', note = '']) =>
      `        ${name.padEnd(who ?? 0)}  ${middle.padStart(p50 ?? 0)}  ${high === '' ? ' '.repeat((p99 ?? 0) + 4) : `p99 ${high.padStart(p99 ?? 0)}`}  ${note}`.trimEnd(),
    ),
    ...(why === undefined ? [] : [`        ${why}`]),
  ]
}
