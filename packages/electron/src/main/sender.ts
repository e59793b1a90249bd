import type { HostContents, HostFrame, HostInvokeEvent } from './electron-types.ts'
import type { PageOrigins } from './page-origins.ts'

/** Which frame it is. A page that takes another's place in it has another pair. */
export interface FrameIdentity {
  readonly processId: number
  readonly frameToken: string
}

/** A frame that may ask, at the time when it was looked at. */
export interface Sender {
  readonly contents: HostContents
  readonly frame: HostFrame
  readonly identity: FrameIdentity
}

export interface SenderRules {
  readonly origins: PageOrigins
  readonly allowSubframes: boolean
}

/**
 * Looks at who sent a message (EL-04).
 *
 * @returns The sender, or in kebab-case why it is refused.
 */
export function judgeSender(event: HostInvokeEvent, rules: SenderRules): Sender | string {
  const { sender, senderFrame } = event
  // Electron's own advice: null after a navigation, so that the answer would go to somebody else.
  if (senderFrame === null || senderFrame === undefined) return 'no-frame'
  try {
    if (sender.isDestroyed() || senderFrame.isDestroyed() || senderFrame.detached) return 'frame-gone'
    // What a page sends as it goes may arrive when another is in its frame already: `senderFrame` is that one then.
    if (event.processId !== senderFrame.processId || event.frameId !== senderFrame.routingId) return 'frame-gone'
    const { processId, frameToken } = senderFrame
    const identity = { processId, frameToken }
    if (!rules.allowSubframes) {
      if (senderFrame.parent !== null) return 'subframe'
      if (!isFrame(sender.mainFrame, identity)) return 'not-main-frame'
    }
    if (!rules.origins.allows(senderFrame)) return 'origin'
    return { contents: sender, frame: senderFrame, identity }
  } catch {
    return 'frame-gone'
  }
}

/** Whether the sender is still who it was: the same page in the same frame. Never throws. */
export function isStillThere({ contents, frame, identity }: Sender, rules: SenderRules): boolean {
  try {
    if (contents.isDestroyed() || frame.isDestroyed() || frame.detached) return false
    return isFrame(frame, identity) && rules.origins.allows(frame)
  } catch {
    return false
  }
}

function isFrame(frame: HostFrame, { processId, frameToken }: FrameIdentity): boolean {
  return frame.processId === processId && frame.frameToken === frameToken
}
