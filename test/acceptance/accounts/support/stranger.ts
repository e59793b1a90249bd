import type { Account, AccountManager, AccountManagerOptions, AccountVisibility } from '@accountry/accounts'
import type { TestManager } from '@accountry/testing'

/** Another app on the same vault, which registered no authenticator. */
export const STRANGER = { id: 'com.example.stranger', name: 'Stranger' } as const

export function openStranger(
  world: TestManager,
  options: Partial<AccountManagerOptions> = {},
): Promise<AccountManager> {
  return world.another({ app: STRANGER, ...options })
}

/** Lets the stranger see an account, and waits until it does. */
export async function show(
  world: TestManager,
  stranger: AccountManager,
  account: Account,
  visibility: AccountVisibility = 'visible',
): Promise<void> {
  await world.manager.setAccountVisibility(account, STRANGER.id, visibility)
  await stranger.flush()
}
