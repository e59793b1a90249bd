import { AccountError } from '@accountry/accounts'
import type { BridgeCall, CallAnswer, CallRequest } from '../bridge/calls.ts'

/** What a handler knows beside the request. */
export interface CallContext {
  /** Aborted when the page cancels, goes elsewhere or is destroyed, and when the host closes. */
  readonly signal: AbortSignal
}

/** Who answers which call. */
export type CallHandlers = {
  readonly [Name in BridgeCall]: (request: CallRequest<Name>, context: CallContext) => Promise<CallAnswer<Name>>
}

/** Calls that may bother the person: one at a time for each window. */
export const INTERACTIONS: ReadonlySet<BridgeCall> = new Set<BridgeCall>([
  'addAccount',
  'updateCredentials',
  'confirmCredentials',
  'unlock',
  'openSettings',
])

/** Calls whose answer holds bytes, and is bounded on its own. */
export const WITH_BYTES: ReadonlySet<BridgeCall> = new Set<BridgeCall>(['request'])

/** What the app did not give to its host. */
export function notOffered(what: string): AccountError {
  return new AccountError('ERR_UNSUPPORTED', `the main process of this app offers no ${what}`, {
    action: 'contact-developer',
  })
}
