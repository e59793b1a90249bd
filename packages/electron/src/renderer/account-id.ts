import type { AccountRef } from '@accountry/accounts'

/** The id behind an account. @throws TypeError. */
export function accountId(account: AccountRef): string {
  const id: unknown = typeof account === 'object' && account !== null ? account.id : account
  if (typeof id === 'string' && id !== '') return id
  throw new TypeError(`account must be an Account or an account id, received ${typeof account}`)
}
