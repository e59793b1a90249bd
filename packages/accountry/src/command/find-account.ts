import type { Account } from '@accountry/accounts'
import { AccountError } from '@accountry/accounts'
import { printable } from '../terminal/printable.ts'
import { UsageError } from './exit-codes.ts'

/**
 * Finds the account that a person means: an id, a name, `type/name`, or a beginning of these that only one has.
 *
 * @throws {@link AccountError} `ERR_ACCOUNT_NOT_FOUND` when none fits.
 * @throws UsageError when several do.
 */
export function findAccount(accounts: readonly Account[], hint: string): Account {
  const wanted = hint.normalize('NFC')
  const keysOf = ({ id, type, name }: Account): string[] => [id, name, `${type}/${name}`]
  const exact = accounts.filter((account) => keysOf(account).includes(wanted))
  const found = exact.length > 0 ? exact : accounts.filter((account) => keysOf(account).some(beginsWith(wanted)))
  const [account] = found
  if (account === undefined) {
    throw new AccountError('ERR_ACCOUNT_NOT_FOUND', `There is no account "${printable(hint)}" in this vault`)
  }
  if (found.length === 1) return account
  const candidates = found.map(({ type, name }) => printable(`${type}/${name}`)).join(', ')
  throw new UsageError(`"${printable(hint)}" could be ${candidates}. Write one of these`)
}

function beginsWith(start: string): (key: string) => boolean {
  return (key) => start !== '' && key.startsWith(start)
}
