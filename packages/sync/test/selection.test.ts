import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alwaysConnected } from '../src/environment.ts'
import { AGING_MS, compareCandidates, openGates } from '../src/queue/selection.ts'
import type { OperationRecord } from '../src/queue/sync-operation.ts'
import { operation } from './support/records.ts'

const NOW = 1_000_000_000
const candidate: fc.Arbitrary<OperationRecord> = fc
  .record({
    lane: fc.constantFrom(0, 1, 2),
    waitingSince: fc.integer({ min: NOW - 200_000, max: NOW }),
    createdAt: fc.nat(),
  })
  .map((fields) => operation(fields as Partial<OperationRecord>))

describe('the order of candidates', () => {
  it('case 111: is antisymmetric and transitive', () => {
    const compare = compareCandidates(NOW)
    fc.assert(
      fc.property(candidate, candidate, candidate, (one, two, three) => {
        expect(Math.sign(compare(one, two)) + Math.sign(compare(two, one))).toBe(0)
        if (compare(one, two) <= 0 && compare(two, three) <= 0) expect(compare(one, three)).toBeLessThanOrEqual(0)
      }),
    )
  })

  it('case 111: prefers initialisation, then expedited, then the earlier one', () => {
    const at = (lane: 0 | 1 | 2, ago: number): OperationRecord => operation({ lane, waitingSince: NOW - ago })
    const [init, expedited, earlier, later] = [at(0, 0), at(1, 0), at(2, 2), at(2, 1)]
    expect([later, earlier, expedited, init].sort(compareCandidates(NOW))).toEqual([init, expedited, earlier, later])
  })

  it('treats what has waited long as expedited', () => {
    const old = operation({ lane: 2, waitingSince: NOW - AGING_MS })
    const urgent = operation({ lane: 1, waitingSince: NOW - 1_000 })
    expect([urgent, old].sort(compareCandidates(NOW))).toEqual([old, urgent])
  })
})

describe('the gates that are open', () => {
  it.each([
    [{ network: 'none', charging: false }, [0]],
    [{ network: 'metered', charging: false }, [0, 1]],
    [{ network: 'unmetered', charging: false }, [0, 1, 2]],
    [{ network: 'metered', charging: true }, [0, 4, 1, 5]],
    [{ network: 'unmetered', charging: true, storageLow: true }, []],
  ] as const)('with %o are %o', (state, gates) => {
    expect(openGates({ ...alwaysConnected(), ...state })).toEqual(gates)
  })
})
