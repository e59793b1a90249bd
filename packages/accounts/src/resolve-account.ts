import type { Account } from './account.ts'

/** How much of an id has to be given, at least. */
const SHORTEST_ID_HINT = 8

/** What a hint and the accounts at hand lead to. */
export type Resolution =
  | { readonly kind: 'found'; readonly account: Account }
  | {
      readonly kind: 'ask'
      readonly reason: 'no_account' | 'several_accounts'
      readonly candidates: readonly Account[]
    }

/**
 * Which account is meant: the hint (id, name, unique prefix of a name, or of an id from 8 characters on), else the default, else the only one.
 *
 * A hint that fits nothing, or several, is never answered with another account.
 */
export function resolveFrom(
  accounts: readonly Account[],
  hint: string | undefined,
  defaultId: string | undefined,
): Resolution {
  if (hint !== undefined) return resolveHint(accounts, hint.normalize('NFC'))
  const preferred =
    accounts.find((account) => account.id === defaultId) ?? (accounts.length === 1 ? accounts[0] : undefined)
  if (preferred !== undefined) return { kind: 'found', account: preferred }
  return { kind: 'ask', reason: accounts.length === 0 ? 'no_account' : 'several_accounts', candidates: accounts }
}

function resolveHint(accounts: readonly Account[], hint: string): Resolution {
  const exact = accounts.find((account) => account.id === hint || account.name === hint)
  if (exact !== undefined) return { kind: 'found', account: exact }
  const named = accounts.filter((account) => account.name.startsWith(hint))
  // Ids are random: a few letters would mean somebody by chance.
  const isLikeId = named.length === 0 && hint.length >= SHORTEST_ID_HINT
  const fitting = isLikeId ? accounts.filter((account) => account.id.startsWith(hint)) : named
  const [only] = fitting
  if (only !== undefined && fitting.length === 1) return { kind: 'found', account: only }
  if (fitting.length > 1) return { kind: 'ask', reason: 'several_accounts', candidates: fitting }
  return { kind: 'ask', reason: 'no_account', candidates: accounts }
}

/** Whether a hint means this account: its id, its name, or the beginning of either. */
export function fitsHint(account: Account, hint: string): boolean {
  return resolveHint([account], hint.normalize('NFC')).kind === 'found'
}
