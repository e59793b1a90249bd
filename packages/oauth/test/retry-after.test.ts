import { describe, expect, it } from 'vitest'
import { retryAt, serverDate } from '../src/retry-after.ts'

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0)
const at = (value: string, date?: string) =>
  retryAt(new Headers({ 'retry-after': value, ...(date !== undefined && { date }) }), NOW)

describe('Retry-After', () => {
  it.each([
    ['5', 5_000],
    [' 5 ', 5_000],
    ['0', 1_000],
    ['-3', 1_000],
    ['1.5', 1_500],
    ['86400', 3_600_000],
    ['999999999999999', 3_600_000],
    ['9'.repeat(400), 3_600_000],
    ['20, 120', 120_000],
    ['120,120', 120_000],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tuesday, 24-Nov-26 12:00:30 GMT', 30_000],
    ['Tue Nov 24 12:00:30 2026', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 1_000],
  ])('%s is %i ms from now', (value, ms) => {
    expect(at(value)).toBe(NOW + ms)
  })

  it.each(['', 'soon', '5s', '1e3', '2026-11-24', 'Tue, never', 'Infinity', '5, soon', ','])(
    '%j means nothing',
    (value) => {
      expect(at(value)).toBeUndefined()
    },
  )

  it('is absent when the header is', () => {
    expect(retryAt(new Headers(), NOW)).toBeUndefined()
  })

  it('measures a date by the clock of the server, not by a wrong one here', () => {
    expect(at('Tue, 24 Nov 2026 18:00:30 GMT', 'Tue, 24 Nov 2026 18:00:00 GMT')).toBe(NOW + 30_000)
  })

  it('reads no time out of a Date header that has none', () => {
    expect(serverDate(new Headers({ date: '1' }))).toBeUndefined()
  })
})
