const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]
const LANGUAGE = 'en'
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: 'auto' })
const ABSOLUTE = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: 'medium', timeStyle: 'short' })

/** `5 minutes ago`, `in 2 hours`, `just now`. */
export function relativeTime(at: number, now: number): string {
  const difference = at - now
  // 59.6 minutes are an hour, not 60 minutes.
  const unit = UNITS.find(([, unitMs]) => Math.abs(difference) >= unitMs * 0.99)
  if (unit === undefined) return difference > 1_000 ? 'in a moment' : 'just now'
  return RELATIVE.format(Math.round(difference / unit[1]), unit[0])
}

export function absoluteTime(at: number): string {
  return ABSOLUTE.format(at)
}

/** `every 15 minutes`, `every hour`. */
export function everyText(periodMs: number): string {
  const [unit, unitMs] =
    UNITS.find(([name, each]) => name !== 'week' && periodMs >= each) ?? (['minute', 60_000] as const)
  const count = Math.round(periodMs / unitMs)
  return count === 1 ? `every ${unit}` : `every ${count} ${unit}s`
}

/** `320 ms`, `2.4 s`, `3 min`. */
export function durationText(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`
  return `${Math.round(durationMs / 60_000)} min`
}
