import type { AccountManager, AccountManagerEvents } from '@accountry/accounts'

/** The type of the fake authenticator, and one that nobody serves. */
export const TYPE = 'com.example'
export const OTHER_TYPE = 'com.example.other'
export const ABSENT_TYPE = 'com.example.absent'

export const ANA = { type: TYPE, name: 'ana@example.com' }
export const BEN = { type: TYPE, name: 'ben@example.com' }

const EVENTS = [
  'account:added',
  'account:removed',
  'account:renamed',
  'account:updated',
  'account:attention',
  'account:recovered',
  'account:default-changed',
  'token:refreshed',
  'token:invalidated',
] as const satisfies readonly (keyof AccountManagerEvents)[]

/** Writes down, as `event name`, everything that a manager announces about accounts from now on. */
export function listen(manager: AccountManager): string[] {
  const heard: string[] = []
  for (const event of EVENTS) manager.on(event, ({ account }) => heard.push(`${event} ${account.name}`))
  return heard
}
