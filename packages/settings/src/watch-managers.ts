import type { AccountManagerEvents } from '@accountry/accounts'
import type { SyncManagerEvents, SyncProgress } from '@accountry/sync'
import type { Host } from './host.ts'
import { shownText } from './shown-text.ts'

const ACCOUNT_EVENTS = [
  'account:added',
  'account:removed',
  'account:renamed',
  'account:updated',
  'account:attention',
  'account:recovered',
  'account:default-changed',
  'token:refreshed',
  'vault:locked',
  'vault:unlocked',
  'vault:warning',
] as const satisfies readonly (keyof AccountManagerEvents)[]

const SYNC_EVENTS = [
  'sync:queued',
  'sync:started',
  'sync:finished',
  'sync:dropped',
  'sync:parked',
  'sync:unparked',
  'sync:settings',
  'sync:deletions-held',
  'sync:deletions-released',
  'sync:changed',
] as const satisfies readonly (keyof SyncManagerEvents)[]

/** Hands on to the page what the managers announce. @returns What ends that. */
export function watchManagers({ accounts, sync, stream }: Pick<Host, 'accounts' | 'sync' | 'stream'>): () => void {
  const onChange = (change: object): void => stream.changed(accountsOf(change))
  const onProgress = ({ account, authority, progress }: SyncManagerEvents['sync:progress'][0]): void =>
    stream.progressed({ account: account.id, authority, progress: shownProgress(progress) })
  for (const event of ACCOUNT_EVENTS) accounts.on(event, onChange)
  for (const event of SYNC_EVENTS) sync?.on(event, onChange)
  sync?.on('sync:progress', onProgress)
  return () => {
    for (const event of ACCOUNT_EVENTS) accounts.off(event, onChange)
    for (const event of SYNC_EVENTS) sync?.off(event, onChange)
    sync?.off('sync:progress', onProgress)
  }
}

/** Progress with its text made fit to be shown. */
export function shownProgress(progress: SyncProgress): SyncProgress {
  return { ...progress, ...(progress.text !== undefined && { text: shownText(progress.text) }) }
}

/** Which accounts an event is about; `undefined`: it does not say. */
function accountsOf(change: { account?: { id: string } }): string[] | undefined {
  return change.account === undefined ? undefined : [change.account.id]
}
