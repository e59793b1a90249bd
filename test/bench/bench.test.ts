import { describe, expect, it } from 'vitest'
import { duration, figure } from './format.ts'
import { pageText } from './page.ts'
import { plotSvg } from './plot.ts'
import type { Row } from './row.ts'
import { tableText } from './table.ts'
import { percentile, timeEach, timingOf } from './timing.ts'

const rows: readonly Row[] = [
  {
    id: 'quick',
    work: 'something quick',
    budget: '≤ 1 µs',
    isMet: true,
    entries: [
      { who: 'Accountry', unit: 'time', p50: 0.000_25, p99: 0.000_5, note: 'in memory' },
      { who: 'limit: nothing at all', unit: 'time', p50: 0.000_05 },
    ],
  },
  {
    id: 'slow',
    work: 'something slow',
    budget: '≤ 10 ms',
    isMet: false,
    entries: [{ who: 'Accountry', unit: 'time', p50: 12.5, p99: 1_500 }],
    why: 'The disk is slow.',
  },
]

const report = {
  machine: {
    cores: 2,
    processor: 'Fast',
    memoryGb: 4,
    node: 'v24.0.0',
    sqlite: '3.50.0',
    system: 'linux x64',
    load: 0,
  },
  seconds: 60,
  versions: { peer: '1.2.3' },
  rows,
  plots: [
    {
      id: 'growth',
      title: 'Growth',
      series: [
        {
          who: 'A & B',
          points: [
            [1, 0.001],
            [1_000, 20],
          ] as const,
        },
      ],
    },
  ],
}

describe('the figures', () => {
  it.each([
    [0.000_025, '25 ns'],
    [0.000_999, '999 ns'],
    [0.001_5, '1.5 µs'],
    [0.25, '250 µs'],
    [12.345, '12.3 ms'],
    [50_400, '50.4 s'],
  ])('%d ms are written as %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text)
  })

  it('have the unit of what they count', () => {
    expect([figure(3, 'count'), figure(0.63, 'per-second'), figure(0.01, 'percent'), figure(512, 'bytes')]).toEqual([
      '3',
      '0.63 /s',
      '0.01 %',
      '512 B',
    ])
  })

  it('are the middle and the 99th percentile of all samples, in whatever order they came', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(timingOf(samples)).toEqual({ p50: 50, p99: 99, samples: 100 })
    expect(percentile([], 0.5)).toBe(0)
    expect(percentile([7], 0.99)).toBe(7)
  })

  it('come from at least one call, however little time there is', async () => {
    const rounds: number[] = []
    const timing = await timeEach((round) => rounds.push(round), { count: 5, withinMs: 0 })
    expect(rounds).toEqual([0])
    expect(timing.samples).toBe(1)
  })
})

describe('the table', () => {
  it('says of every row whether its budget is met, who took part, and why it is not met', () => {
    expect(tableText(rows).split('\n')).toEqual([
      'met     something quick',
      '        budget: ≤ 1 µs',
      '        Accountry              250 ns  p99 500 ns  in memory',
      '        limit: nothing at all   50 ns',
      '',
      'MISSED  something slow',
      '        budget: ≤ 10 ms',
      '        Accountry  12.5 ms  p99 1.5 s',
      '        The disk is slow.',
      '',
      '2 rows: 1 of 2 budgets are missed',
    ])
  })
})

describe('the page', () => {
  const text = pageText(report)

  it('lists every budget and links to its section', () => {
    expect(text).toContain('| [something quick](#something-quick) | ≤ 1 µs | 250 ns | 500 ns | met: in memory |')
    expect(text).toContain('| [something slow](#something-slow) | ≤ 10 ms | 12.5 ms | 1.5 s | **missed** |')
    expect(text).toContain('### Something quick')
    expect(text).toContain('### Something slow')
  })

  it('sets the limits apart, explains misses and shows the plots', () => {
    expect(text).toContain('| *limit: nothing at all* | 50 ns |  |  |')
    expect(text).toContain('Budget: ≤ 10 ms. The disk is slow.')
    expect(text).toContain('![Growth](images/growth.svg)')
    expect(text).toContain('peer 1.2.3')
  })
})

describe('a plot', () => {
  const svg = plotSvg(report.plots[0] ?? { id: '', title: '', series: [] })

  it('draws every point between its axes, larger figures further up and to the right', () => {
    const points = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)])
    const [first = [], last = []] = points
    expect(points).toHaveLength(2)
    expect(first[0]).toBeLessThan(last[0] ?? 0)
    expect(first[1]).toBeGreaterThan(last[1] ?? 0)
  })

  it('names the lines, and lets no name break it', () => {
    expect(svg).toContain('>A &amp; B</text>')
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s)
  })
})
