import type { AccountManagerEvents } from '@accountry/accounts'
import type { SyncManagerEvents } from '@accountry/sync'

const OF_ACCOUNTS: Readonly<Record<keyof AccountManagerEvents, true>> = {
  'account:added': true,
  'account:removed': true,
  'account:renamed': true,
  'account:updated': true,
  'account:attention': true,
  'account:recovered': true,
  'account:default-changed': true,
  'token:refreshed': true,
  'token:invalidated': true,
  'vault:locked': true,
  'vault:unlocked': true,
  'vault:warning': true,
  'vault:resync': true,
}

const OF_SYNC: Readonly<Record<keyof SyncManagerEvents, true>> = {
  'sync:queued': true,
  'sync:started': true,
  'sync:progress': true,
  'sync:finished': true,
  'sync:dropped': true,
  'sync:parked': true,
  'sync:unparked': true,
  'sync:settings': true,
  'sync:deletions-held': true,
  'sync:deletions-released': true,
  'sync:changed': true,
  'sync:warning': true,
}

/** What a page can hear of. Their payloads hold accounts, times and reasons, never a secret. */
export const ACCOUNT_EVENTS: readonly (keyof AccountManagerEvents)[] = Object.keys(
  OF_ACCOUNTS,
) as (keyof AccountManagerEvents)[]

export const SYNC_EVENTS: readonly (keyof SyncManagerEvents)[] = Object.keys(OF_SYNC) as (keyof SyncManagerEvents)[]

/** Every event with its payload, as in the main process. */
export type BridgeEvents = {
  readonly [Name in keyof AccountManagerEvents]: AccountManagerEvents[Name][0]
} & { readonly [Name in keyof SyncManagerEvents]: SyncManagerEvents[Name][0] }

export type BridgeEvent = keyof BridgeEvents

/** One event on its way. */
export type EventMessage = {
  readonly [Name in BridgeEvent]: { readonly event: Name; readonly payload: BridgeEvents[Name] }
}[BridgeEvent]

/** Whether pages can hear of this event. */
export function isBridgeEvent(value: unknown): value is BridgeEvent {
  return ([...ACCOUNT_EVENTS, ...SYNC_EVENTS] as readonly unknown[]).includes(value)
}
