import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultFlexMs, firstDueAt, nextDueAt } from '../src/periodic/periodic.ts'

const timing = { periodMs: 3_600_000, flexMs: 600_000, dueAt: 10_000_000 }

describe('the due rule of periodic syncs', () => {
  it('keeps its phase after an early and a slightly late run, and begins a new one after a late one', () => {
    expect(nextDueAt(timing, timing.dueAt - 500_000)).toBe(timing.dueAt + 3_600_000)
    expect(nextDueAt(timing, timing.dueAt + 500_000)).toBe(timing.dueAt + 3_600_000)
    expect(nextDueAt(timing, timing.dueAt + 700_000)).toBe(timing.dueAt + 700_000 + 3_600_000)
  })

  it('spreads first runs over the flex, and never later than one period', () => {
    expect(firstDueAt(0, 3_600_000, 600_000, 0)).toBe(3_600_000)
    expect(firstDueAt(0, 3_600_000, 600_000, 0.5)).toBe(3_300_000)
  })

  it('has no default flex below five seconds, and never more than 4 % of a day', () => {
    expect(defaultFlexMs(4_999)).toBe(0)
    expect(defaultFlexMs(30 * 86_400_000)).toBe(3_456_000)
  })

  it('never comes due again at once, and never later than one period after a run', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: -5_000_000, max: 5_000_000 }),
        (periodMs, share, offset) => {
          const flexMs = Math.floor(periodMs * share)
          const now = timing.dueAt + offset
          const next = nextDueAt({ periodMs, flexMs, dueAt: timing.dueAt }, now)
          expect(next).toBeGreaterThan(now)
          expect(next).toBeLessThanOrEqual(now + periodMs + flexMs)
        },
      ),
    )
  })
})
