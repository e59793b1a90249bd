import type { Answer, BridgeCall, CallAnswer, CallRequest } from './calls.ts'
import type { BridgeEvent, EventMessage } from './events.ts'

/**
 * The object that the preload script exposes to the page, and everything that crosses the bridge between the worlds.
 *
 * Use it through the client of `renderer`, which makes errors of answers. It never rejects; it knows no channel but its
 * own, hands out no event object of Electron, and is frozen.
 */
export type ExposedAccounts = {
  /** @param callId Names the call, so that `cancel` can end it; at most 64 characters. */
  readonly [Name in BridgeCall]: (request: CallRequest<Name>, callId: string) => Promise<Answer<CallAnswer<Name>>>
} & {
  /** Ends a call that is under way: a sign-in that the person gave up. Unknown ids are ignored. */
  readonly cancel: (callId: string) => Promise<Answer<undefined>>
  /**
   * Hears of events from now on.
   *
   * @returns A function that ends it.
   */
  readonly on: (event: BridgeEvent, listener: (message: EventMessage) => void) => () => void
}
