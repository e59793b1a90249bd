import type { Entry, Unit } from './row.ts'

/** A figure with the unit that suits its size. */
export function figure(value: number, unit: Unit): string {
  switch (unit) {
    case 'time':
      return duration(value)
    case 'times':
      return `${rounded(value)} ×`
    case 'percent':
      return `${rounded(value)} %`
    case 'per-second':
      return `${rounded(value)} /s`
    case 'count':
      return String(value)
    case 'bytes':
      return value < 10_000 ? `${Math.round(value)} B` : `${Math.round(value / 1_024)} KB`
  }
}

/** @param milliseconds From nanoseconds to minutes. */
export function duration(milliseconds: number): string {
  if (milliseconds < 0.001) return `${rounded(milliseconds * 1_000_000)} ns`
  if (milliseconds < 1) return `${rounded(milliseconds * 1_000)} µs`
  if (milliseconds < 1_000) return `${rounded(milliseconds)} ms`
  return `${rounded(milliseconds / 1_000)} s`
}

export function p99Of(entry: Entry): string {
  return entry.p99 === undefined ? '' : figure(entry.p99, entry.unit)
}

/** Three digits that mean something. */
function rounded(value: number): string {
  if (value >= 100) return String(Math.round(value))
  if (value >= 10) return value.toFixed(1).replace(/\.0$/, '')
  return value.toFixed(2).replace(/\.?0+$/, '')
}
