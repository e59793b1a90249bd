import { duration } from './format.ts'
import type { Plot, Series } from './row.ts'

const WIDTH = 760
const HEIGHT = 400
const MARGIN = { left: 70, right: 210, top: 40, bottom: 50 }
const COLOURS = ['#0b6bcb', '#c2410c', '#15803d', '#7e22ce', '#64748b', '#be123c'] as const

/** From a value to its place, both axes logarithmic. */
interface Scale {
  readonly from: number
  readonly to: number
  readonly place: (value: number) => number
}

/** A drawing of a plot: number of accounts to the right, time upwards, both by powers of ten. */
export function plotSvg({ title, series }: Plot): string {
  const points = series.flatMap((line) => line.points)
  const x = scale(
    points.map(([accounts]) => accounts),
    MARGIN.left,
    WIDTH - MARGIN.right,
  )
  const y = scale(
    points.map(([, time]) => time),
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${MARGIN.left}" y="22" font-size="15" fill="#0f172a">${escaped(title)}</text>`,
    ...powers(x).map((power) => verticalLine(power, x)),
    ...powers(y).map((power) => horizontalLine(power, y)),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 12, 'accounts', 'middle'),
    ...labelled(series, x, y),
    '</svg>',
    '',
  ].join('\n')
}

function scale(values: readonly number[], first: number, last: number): Scale {
  const from = Math.floor(Math.log10(Math.min(...values)))
  const to = Math.max(Math.ceil(Math.log10(Math.max(...values))), from + 1)
  return { from, to, place: (value) => first + ((Math.log10(value) - from) / (to - from)) * (last - first) }
}

function powers({ from, to }: Scale): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))
}

function verticalLine(accounts: number, { place }: Scale): string {
  const at = rounded(place(accounts))
  const line = `<line x1="${at}" y1="${MARGIN.top}" x2="${at}" y2="${HEIGHT - MARGIN.bottom}" stroke="#e2e8f0"/>`
  return line + text(at, HEIGHT - MARGIN.bottom + 18, accounts.toLocaleString('en-US'), 'middle')
}

function horizontalLine(time: number, { place }: Scale): string {
  const at = rounded(place(time))
  const line = `<line x1="${MARGIN.left}" y1="${at}" x2="${WIDTH - MARGIN.right}" y2="${at}" stroke="#e2e8f0"/>`
  return line + text(MARGIN.left - 8, at + 4, duration(time), 'end')
}

/** The lines with their names beside their ends, moved apart where they would cover each other. */
function labelled(series: readonly Series[], x: Scale, y: Scale): string[] {
  const ends = series.map((line, index) => ({ line, index, at: y.place(line.points.at(-1)?.[1] ?? 1) }))
  let free = MARGIN.top
  const labels = ends
    .toSorted((a, b) => a.at - b.at)
    .map(({ line, index, at }) => {
      const top = Math.max(at + 4, free)
      free = top + 15
      const [accounts = 1] = line.points.at(-1) ?? []
      return text(rounded(x.place(accounts)) + 8, rounded(top), line.who, 'start', colour(index))
    })
  return [...series.map((line, index) => polyline(line, index, x, y)), ...labels]
}

function polyline({ points }: Series, index: number, x: Scale, y: Scale): string {
  const places = points.map(([accounts, time]) => [rounded(x.place(accounts)), rounded(y.place(time))] as const)
  const path = places.map((place) => place.join(',')).join(' ')
  const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour(index)}"/>`)
  return `<polyline points="${path}" fill="none" stroke="${colour(index)}" stroke-width="2"/>${dots.join('')}`
}

function text(x: number, y: number, content: string, anchor: string, fill = '#475569'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${fill}">${escaped(content)}</text>`
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? COLOURS[0]
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
