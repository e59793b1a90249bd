import { project } from '@accountry/accounts/contract'
import type { BridgeCall } from './calls.ts'

// As a record, so that the compiler misses one that is not listed.
const CALLS: Readonly<Record<BridgeCall, true>> = {
  getAccounts: true,
  getAccountInfos: true,
  getAccountInfo: true,
  getAccountTypes: true,
  getDefaultAccount: true,
  setDefaultAccount: true,
  addAccount: true,
  updateCredentials: true,
  confirmCredentials: true,
  renameAccount: true,
  removeAccount: true,
  unlock: true,
  getHealth: true,
  request: true,
  getAuthToken: true,
  openSettings: true,
  getSyncAdapterTypes: true,
  requestSync: true,
  performSync: true,
  cancelSync: true,
  getSyncStatus: true,
  explainSync: true,
  getSyncHistory: true,
  getCurrentSyncs: true,
  getSyncAutomatically: true,
  setSyncAutomatically: true,
  getMasterSyncAutomatically: true,
  setMasterSyncAutomatically: true,
}

/** Every call, each with a channel of its own. The page can name no other. */
export const BRIDGE_CALLS: readonly BridgeCall[] = Object.keys(CALLS) as BridgeCall[]

/** Name of the object that a page sees: `window.<API_KEY>`. */
export const API_KEY: string = project.bridge

/** Beside the calls: what the client needs to make them. */
export type ControlCall = 'subscribe' | 'unsubscribe' | 'cancel'

export const CONTROL_CALLS: readonly ControlCall[] = ['subscribe', 'unsubscribe', 'cancel']

/** The channel of one call. */
export function channelOf(call: BridgeCall | ControlCall): string {
  return `${project.bridge}:${call}`
}

/** The only channel on which the main process sends by itself. */
export const EVENT_CHANNEL: string = `${project.bridge}:event`
