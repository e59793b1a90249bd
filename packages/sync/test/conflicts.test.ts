import { describe, expect, it } from 'vitest'
import { judgeConflict, slotOf } from '../src/queue/conflicts.ts'
import { mergeOperations, type OperationRecord } from '../src/queue/sync-operation.ts'
import { operation } from './support/records.ts'

function busy(fields: Partial<OperationRecord>): OperationRecord {
  return operation({ id: 'busy', state: 'running', claimedBy: 'me', ...fields })
}

describe('conflicts between operations', () => {
  it('there is none with other targets of a parallel adapter, or of other adapters', () => {
    expect(judgeConflict(operation(), [busy({ target: 2 })], true)).toEqual({ kind: 'free' })
    expect(judgeConflict(operation(), [busy({ target: 2, service: 2, slot: 'service:2' })], false)).toEqual({
      kind: 'free',
    })
  })

  it('a serial adapter has one place for all accounts', () => {
    const running = busy({ target: 2, slot: slotOf(operation(), false) })
    expect(judgeConflict(operation(), [running], false)).toEqual({ kind: 'wait', for: running })
  })

  it('the more urgent lane takes the place, equals and less urgent ones wait', () => {
    const running = busy({ lane: 1 })
    expect(judgeConflict(operation({ lane: 0 }), [running], true)).toEqual({ kind: 'preempt', victims: [running] })
    expect(judgeConflict(operation({ lane: 1 }), [running], true).kind).toBe('wait')
    expect(judgeConflict(operation({ lane: 2 }), [running], true).kind).toBe('wait')
  })

  it('nobody can be made to leave who is stuck, or leaving already', () => {
    expect(judgeConflict(operation({ lane: 0 }), [busy({ state: 'stuck' })], true).kind).toBe('wait')
    expect(judgeConflict(operation({ lane: 0 }), [busy({ stop: 'preempted' })], true).kind).toBe('wait')
  })
})

describe('merging', () => {
  it('is the earlier and more demanding of both', () => {
    const queued = operation({
      id: 'one',
      dueAt: 50,
      notBeforeAt: 50,
      waitingSince: 50,
      lane: 2,
      reason: 'periodic',
      periodic: 3,
    })
    const incoming = operation({
      id: 'two',
      dueAt: 20,
      notBeforeAt: 20,
      waitingSince: 20,
      lane: 1,
      reason: 'user',
      source: 'user',
    })
    expect(mergeOperations(queued, incoming)).toMatchObject({
      id: 'one',
      dueAt: 20,
      notBeforeAt: 20,
      waitingSince: 20,
      lane: 1,
      reason: 'user',
      source: 'user',
      periodic: 3,
      requester: 'me',
    })
    expect(mergeOperations(incoming, queued)).toMatchObject({ dueAt: 20, lane: 1, reason: 'user', source: 'user' })
  })

  it('belongs to several processes when several asked', () => {
    expect(mergeOperations(operation(), operation({ requester: 'other' })).requester).toBe('*')
  })
})
