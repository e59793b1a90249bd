import { factsOf, operationEvent } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import { decodeExtras } from '../extras.ts'
import {
  DISCARD_LOCAL_DELETIONS,
  has,
  INITIALIZE,
  OVERRIDE_TOO_MANY_DELETIONS,
  UPLOAD,
} from '../queue/sync-operation.ts'
import type { SyncContext } from '../sync-adapter.ts'
import { createSyncResult } from '../sync-result.ts'
import type { ActiveRun } from './active-run.ts'
import { reportedProgress } from './reported-result.ts'

/** Looking at the queue for every report of a chatty adapter would cost more than the run. */
const SHOWN_EVERY_MS = 1_000

/** The context that an adapter is called with. */
export function createContext(engine: Engine, run: ActiveRun): SyncContext {
  const { operation, target, account } = run
  const { cursor } = run
  const context: SyncContext = {
    account,
    authority: target.authority,
    extras: decodeExtras(operation.extras),
    initialize: has(operation.flags, INITIALIZE),
    upload: has(operation.flags, UPLOAD),
    deletions: has(operation.flags, OVERRIDE_TOO_MANY_DELETIONS)
      ? 'override'
      : has(operation.flags, DISCARD_LOCAL_DELETIONS)
        ? 'discard'
        : undefined,
    reason: operation.reason,
    attempt: operation.attempt,
    signal: run.controller.signal,
    result: createSyncResult(),
    cursor: {
      get: () => cursor.value,
      set(value) {
        if (value !== undefined && typeof value !== 'string')
          throw new TypeError('cursor.set takes a string or undefined')
        cursor.value = value
        cursor.changed = true
      },
    },
    progress(written = {}) {
      if (run.isOver) return
      const progress = reportedProgress(written)
      run.lastSignOfLifeAt = engine.clock.monotonic()
      run.progress = progress
      const event = operationEvent(engine, factsOf(engine, operation, target), 'active', 'active')
      engine.events.emit('sync:progress', { ...event, progress })
      if (run.lastSignOfLifeAt - run.shownAt < SHOWN_EVERY_MS) return
      run.shownAt = run.lastSignOfLifeAt
      engine.wake()
    },
    async getAuthToken(authTokenType, options) {
      const { signal } = run.controller
      const token = await engine.accounts.getAuthToken(account, authTokenType, {
        ...options,
        interaction: 'notify',
        signal,
      })
      run.tokens.push(token)
      return token
    },
    log: engine.log,
  }
  return context
}
