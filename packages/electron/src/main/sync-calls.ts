import { AccountError } from '@accountry/accounts'
import type { SyncManager, SyncOutcome } from '@accountry/sync'
import { type CallHandlers, notOffered } from './call-handlers.ts'

type SyncCalls = Pick<
  CallHandlers,
  | 'getSyncAdapterTypes'
  | 'requestSync'
  | 'performSync'
  | 'cancelSync'
  | 'getSyncStatus'
  | 'explainSync'
  | 'getSyncHistory'
  | 'getCurrentSyncs'
  | 'getSyncAutomatically'
  | 'setSyncAutomatically'
  | 'getMasterSyncAutomatically'
  | 'setMasterSyncAutomatically'
>

/** The calls about synchronisation. */
export function syncCalls(manager: SyncManager | undefined): SyncCalls {
  const sync = (): SyncManager => {
    if (manager === undefined) throw notOffered('synchronisation')
    return manager
  }
  return {
    getSyncAdapterTypes: async () => sync().getSyncAdapterTypes(),
    async requestSync(request) {
      const { id, outcome, reason, accepted } = sync().requestSync(request)
      await accepted
      return { id, outcome, ...(reason !== undefined && { reason }) }
    },
    async performSync(request, { signal }) {
      const { accepted, done } = sync().requestSync(request)
      await accepted
      return await untilAborted(done, signal)
    },
    cancelSync: async (scope) => await sync().cancelSync(scope),
    getSyncStatus: async (target) => await sync().getSyncStatus(target),
    explainSync: async (target) => await sync().explain(target),
    getSyncHistory: async (filter) => await sync().getHistory(filter),
    getCurrentSyncs: async () => await sync().getCurrentSyncs(),
    getSyncAutomatically: async (target) => await sync().getSyncAutomatically(target),
    async setSyncAutomatically({ on, ...target }) {
      await sync().setSyncAutomatically(target, on)
      return undefined
    },
    getMasterSyncAutomatically: async () => await sync().getMasterSyncAutomatically(),
    async setMasterSyncAutomatically({ on }) {
      await sync().setMasterSyncAutomatically(on)
      return undefined
    },
  }
}

/** Ends the waiting; what was asked for goes on. */
async function untilAborted(done: Promise<SyncOutcome>, signal: AbortSignal): Promise<SyncOutcome> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => {
    reject(new AccountError('ERR_ABORTED', 'nobody waits for this sync any more; it goes on', { reason: 'caller' }))
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([done, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
