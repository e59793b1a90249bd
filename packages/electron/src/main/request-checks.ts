import type { AccountState } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { SyncExtra, SyncExtras } from '@accountry/sync'
import type { BridgeCall, BridgeRequest, CallRequest } from '../bridge/calls.ts'
import { type BridgeEvent, isBridgeEvent } from '../bridge/events.ts'
import { type Check, flag, integer, listOf, nothing, objectOf, oneOf, optional, plainMembers, text } from './checks.ts'

/** Most accounts, or infos, that one answer holds. */
export const MOST_INFOS = 500
/** Most runs that the engine remembers. */
const MOST_HISTORY = 100

const STATES: readonly AccountState[] = [
  'ok',
  'needs-reauth',
  'needs-interaction',
  'misconfigured',
  'degraded',
  'identity-changed',
  'orphaned',
]

// Names are checked by the manager; here they only must not be long. 512 bytes of UTF-8 are at most as many units.
const name = text(512)
const id = text(128)
const target = { account: id, authority: name }

const byAccount = objectOf<{ readonly account: string }>({ account: id })
const byType = objectOf<{ readonly type: string }>({ type: name })
const byTarget = objectOf<CallRequest<'getSyncStatus'>>(target)
const tokenWanted = objectOf<CallRequest<'getAuthToken'>>({ account: id, authTokenType: name })

const extra: Check<SyncExtra> = (value, option) => {
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return value
  if (typeof value === 'string') return value === '' ? value : text(10_240)(value, option)
  if (typeof value === 'object')
    return objectOf<{ id: string; type: string; name: string }>({ id, type: name, name })(value, option)
  throw new TypeError(`${option} must be a plain value or an account, received ${kindOf(value)}`)
}

const extras: Check<SyncExtras> = (value, option) =>
  Object.fromEntries(
    [...plainMembers(value, option, 64)].map(([key, member]) => [key, extra(member, `${option} member`)]),
  )

const syncWish = objectOf<CallRequest<'requestSync'>>({
  account: optional(id),
  authority: optional(name),
  extras: optional(extras),
  manual: optional(flag),
  expedited: optional(flag),
  upload: optional(flag),
  deletions: optional(oneOf('override', 'discard')),
})

const cancelSync: Check<CallRequest<'cancelSync'>> = (value, option) => {
  const isById = plainMembers(value, option, 32).has('id')
  if (isById) return objectOf<{ readonly id: string }>({ id })(value, option)
  return objectOf<{ readonly account?: string; readonly authority?: string }>({
    account: optional(id),
    authority: optional(name),
  })(value, option)
}

const header: Check<readonly [string, string]> = (value, option) => {
  const pair = listOf((member, place) => (member === '' ? '' : text(8_192)(member, place)), 2)(value, option)
  const [headerName = '', headerValue] = pair
  if (headerValue === undefined) throw new TypeError(`${option} must be a pair of name and value`)
  return [text(256)(headerName, `${option}[0]`), headerValue]
}

/** What a body may be; its size is the host's to limit. */
const body: Check<string | Uint8Array> = (value, option) => {
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  throw new TypeError(`${option} must be a string or bytes, received ${kindOf(value)}`)
}

/** How what comes from a page is checked, call by call. */
export const REQUEST_CHECKS: { readonly [Name in BridgeCall]: Check<CallRequest<Name>> } = {
  getAccounts: nothing,
  getAccountInfos: objectOf<CallRequest<'getAccountInfos'>>({
    type: optional(name),
    state: optional(oneOf(...STATES)),
    limit: optional(integer(1, MOST_INFOS)),
    after: optional(id),
  }),
  getAccountInfo: byAccount,
  getAccountTypes: nothing,
  getDefaultAccount: byType,
  setDefaultAccount: objectOf<CallRequest<'setDefaultAccount'>>({ type: name, account: optional(id) }),
  addAccount: objectOf<CallRequest<'addAccount'>>({
    type: name,
    name: optional(name),
    authTokenType: optional(name),
    ifExists: optional(oneOf('update', 'error')),
  }),
  updateCredentials: objectOf<CallRequest<'updateCredentials'>>({ account: id, authTokenType: optional(name) }),
  confirmCredentials: byAccount,
  renameAccount: objectOf<CallRequest<'renameAccount'>>({ account: id, name }),
  removeAccount: byAccount,
  unlock: nothing,
  getHealth: nothing,
  request: objectOf<BridgeRequest>({
    account: id,
    authTokenType: name,
    url: text(8_192),
    method: text(16),
    headers: listOf(header, 64),
    body: optional(body),
    redirect: optional(oneOf('error', 'follow', 'manual')),
  }),
  getAuthToken: tokenWanted,
  openSettings: nothing,
  getSyncAdapterTypes: nothing,
  requestSync: syncWish,
  performSync: syncWish,
  cancelSync,
  getSyncStatus: byTarget,
  explainSync: byTarget,
  getSyncHistory: objectOf<CallRequest<'getSyncHistory'>>({
    account: optional(id),
    authority: optional(name),
    limit: optional(integer(1, MOST_HISTORY)),
  }),
  getCurrentSyncs: nothing,
  getSyncAutomatically: byTarget,
  setSyncAutomatically: objectOf<CallRequest<'setSyncAutomatically'>>({ ...target, on: flag }),
  getMasterSyncAutomatically: nothing,
  setMasterSyncAutomatically: objectOf<CallRequest<'setMasterSyncAutomatically'>>({ on: flag }),
}

/** What surrounds the request of every call. */
export const checkedCall: Check<{ readonly id: string; readonly request?: unknown }> = objectOf<{
  readonly id: string
  readonly request?: unknown
}>({ id: text(64), request: (value) => value })

export const checkedCancel: Check<{ readonly id: string }> = objectOf<{ readonly id: string }>({ id: text(64) })

export const checkedSubscription: Check<{ readonly event: BridgeEvent }> = objectOf<{ readonly event: BridgeEvent }>({
  event: (value) => {
    if (isBridgeEvent(value)) return value
    throw new TypeError(`event must be the name of an event that pages can hear of, received ${kindOf(value)}`)
  },
})
