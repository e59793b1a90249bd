import {
  createFakeAuthenticator,
  createFakeClock,
  createFakeInteraction,
  type FakeAuthenticator,
} from '@accountry/testing'
import { openManager, TYPE } from './managers.ts'

export const MINUTE = 60_000

/** A plugin that throws before it returns a promise. */
export const throwsAtOnce = () => {
  throw new TypeError('canary')
}
export const hostileError = new Proxy(new Error('canary'), {
  get() {
    throw new Error('canary')
  },
})

export async function open(
  authenticator: FakeAuthenticator = createFakeAuthenticator({ canConfirm: true, canUpdate: true }),
) {
  const clock = createFakeClock()
  const interaction = createFakeInteraction()
  const manager = await openManager({ clock, authenticators: [authenticator], interaction })
  const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana@example.com' }, { password: 'first' })
  return { clock, authenticator, interaction, manager, account }
}
