import type { Account, AccountManager, Clock, Logger } from '@accountry/accounts'
import type { SyncExtras } from '../extras.ts'
import type { SyncManager } from '../sync-manager.ts'

/** Where a trigger is: `parked` waits for the account's person, `closed` ended for good. */
export type SyncTriggerState = 'idle' | 'connecting' | 'open' | 'waiting' | 'parked' | 'closed'

/**
 * Something that learns from a server that there is news, and asks for a sync of the right target.
 *
 * Others than the two here, for push services or webhooks, need nothing but {@link SyncManager.notifyPush}: call it with
 * the account and the authority that the message is about. Messages may come twice, late or not at all, so a message
 * is a reason to look, never the news itself.
 */
export interface SyncTrigger extends AsyncDisposable {
  readonly state: SyncTriggerState
  /** Begins to listen. Calling it again does nothing. */
  start(): void
  /** Stops for good. */
  close(): Promise<void>
}

/** One message of a server. */
export interface PushMessage {
  readonly data: string
  /** Of server-sent events: the type. Default `message`. */
  readonly event: string
  readonly id: string
}

/** What a message is about; absent fields are the trigger's own. */
export interface PushTarget {
  readonly account?: Account
  readonly authority?: string
  readonly extras?: SyncExtras
}

export interface SyncTriggerOptions {
  readonly sync: Pick<SyncManager, 'notifyPush'>
  readonly accounts: Pick<AccountManager, 'getAuthToken' | 'authorizeRequest' | 'invalidateAuthToken' | 'on' | 'off'>
  readonly account: Account
  readonly authority: string
  /** `https:`, `wss:`, or a loopback address: the token goes there and nowhere else. */
  readonly url: string | URL
  /** What the token is for. Absent: no token is sent. */
  readonly authTokenType?: string | { scopes: string[]; resource?: string }
  /** What a message is about; `undefined`: nothing. Default: always the trigger's account and authority. */
  readonly target?: (message: PushMessage) => PushTarget | undefined
  /** Whether to synchronise after the connection was lost, because a message may have been. Default `true`. */
  readonly syncOnReconnect?: boolean
  /** Without a byte for so long the connection is given up and made anew. Default 300 000; 0: never. */
  readonly idleTimeoutMs?: number
  /** Waits between connections, growing from the first to the longest. Default 1 000 and 300 000. */
  readonly reconnect?: { readonly initialMs?: number; readonly maxMs?: number }
  readonly clock?: Clock
  /** In [0, 1). Default `Math.random`. */
  readonly random?: () => number
  readonly logger?: Logger
}

/** How a connection ended. */
export type ConnectionEnd =
  /** Connect again, after what the server asked for or after the usual wait. */
  | { readonly kind: 'lost'; readonly retryAfterMs?: number | undefined }
  /** The server refused the token. */
  | { readonly kind: 'refused'; readonly retryAfterMs?: number | undefined }
  /** The server has nothing to tell, ever. */
  | { readonly kind: 'over' }

/** One way of listening: resolves when the connection ended. */
export type Connect = (connection: {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** The connection stands. */
  readonly opened: () => void
  /** Bytes came, whatever they mean. */
  readonly alive: () => void
  readonly received: (message: PushMessage) => void
}) => Promise<ConnectionEnd>
