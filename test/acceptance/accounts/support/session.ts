import type { FakeAuthenticatorScript } from '@accountry/testing'
import { TYPE } from './example.ts'

export const SESSIONS: FakeAuthenticatorScript = { canStartSessions: true, canUpdate: true }

/** A session without the seal: nothing that an authenticator put into it can be read. */
export function isOpaque(session: string): boolean {
  const bytes = Buffer.from(session, 'base64url')
  return bytes.length > 0 && !bytes.includes('canary') && !bytes.includes(TYPE) && !bytes.includes('example')
}
