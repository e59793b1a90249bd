import type { Account, AccountManager, CredentialContext } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock, type FakeAuthenticator, type FakeClock } from '@accountry/testing'
import { openManager, TYPE } from './managers.ts'
import { tempFolder } from './temp-folder.ts'

/** Milliseconds of an hour and of a minute. */
export const HOUR = 3_600_000
export const MINUTE = 60_000

export interface World {
  readonly clock: FakeClock
  readonly authenticator: FakeAuthenticator
  readonly manager: AccountManager
  readonly account: Account
  readonly directory: string
  /** One more manager on the same vault, with its own memory and the same service. */
  another(options?: { background?: boolean }): Promise<AccountManager>
  /** The passwords that were sent so far. */
  sent(): (string | undefined)[]
}

export async function open(script: Parameters<typeof createFakeAuthenticator>[0] = { rotates: true }): Promise<World> {
  const clock = createFakeClock()
  const authenticator = createFakeAuthenticator(script)
  const directory = tempFolder()
  const options = { clock, directory, authenticators: [authenticator] }
  const manager = await openManager(options)
  const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana@example.com' }, { password: 'first' })
  return {
    clock,
    authenticator,
    manager,
    account,
    directory,
    another: (more) => openManager({ ...options, ...more }),
    sent: () => authenticator.callsOf('getAuthToken').map(({ context }) => context.credential.password),
  }
}

/** What an authenticator answers after it rotated the credential. */
export function rotatingTo(
  password: string,
  value: string,
): (request: unknown, context: CredentialContext) => Promise<object> {
  return async (_request, context) => {
    await context.replaceCredential({ password })
    return { value }
  }
}
