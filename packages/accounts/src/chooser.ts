import { type Account, accountIdOf } from './account.ts'
import type { ChooseAccountOptions } from './account-manager-types.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import { askPerson } from './person-call.ts'
import { resolveFrom } from './resolve-account.ts'
import type { AccountRecord } from './vault/account-records.ts'
import type { Visibility } from './visibility.ts'

export interface Wish {
  readonly type: string
  readonly hint: string | undefined
  readonly isInteractive: boolean
  readonly signal: AbortSignal | undefined
  readonly preferred: Account | undefined
  readonly signIn: () => Promise<Account>
}

/** Finds out which account is meant, with the person's help where that is allowed. */
export class Chooser {
  readonly #engine: Engine
  readonly #visibility: Visibility

  constructor(engine: Engine, visibility: Visibility) {
    this.#engine = engine
    this.#visibility = visibility
  }

  /** @throws AccountError `ERR_INTERACTION_REQUIRED` with `candidates`. */
  async resolve(candidates: readonly Account[], wish: Wish): Promise<Account> {
    const { type, hint, isInteractive, signal } = wish
    const resolution = resolveFrom(candidates, hint, wish.preferred?.id)
    if (resolution.kind === 'found') return resolution.account
    const canChoose = this.#engine.interaction?.chooseAccount !== undefined
    if (isInteractive && canChoose && resolution.reason === 'several_accounts')
      return await this.#ask(resolution.candidates, signal)
    if (isInteractive && resolution.reason === 'no_account') return await wish.signIn()
    throw unresolved(type, resolution.reason, hint, resolution.candidates)
  }

  /**
   * Lets the person choose (Android's `newChooseAccountIntent`): also among accounts that this app does not see yet,
   * unless their owner forbids it. The chosen one becomes visible to it.
   */
  async choose(options: ChooseAccountOptions, signIn: (type: string) => Promise<Account>): Promise<Account> {
    const offered = this.#offered(options)
    const { types } = options
    if (offered.length === 0 && types?.length === 1 && types[0] !== undefined) return await signIn(types[0])
    if (this.#engine.interaction?.chooseAccount === undefined) {
      const visible = offered.filter((record) => this.#engine.sight.isVisible(record)).map((record) => record.account)
      throw unresolved(
        types?.join(', ') ?? 'any type',
        visible.length > 0 ? 'several_accounts' : 'no_account',
        undefined,
        visible,
      )
    }
    if (offered.length === 0) throw unresolved(types?.join(', ') ?? 'any type', 'no_account', undefined, [])
    const chosen = await this.#ask(
      offered.map((record) => record.account),
      options.signal,
    )
    // Choosing may have taken minutes.
    this.#engine.attend()
    const record = this.#engine.index.get(chosen.id)
    if (record === undefined) throw gone(chosen)
    if (!this.#engine.sight.isVisible(record)) await this.#visibility.reveal(record, this.#engine.app.id)
    return record.account
  }

  #offered({ types, allowedAccounts }: ChooseAccountOptions): AccountRecord[] {
    const allowed =
      allowedAccounts === undefined ? undefined : new Set(allowedAccounts.map((account) => accountIdOf(account)))
    return [...this.#engine.index.all()].filter((record) => {
      const { id, type } = record.account
      if (types !== undefined && !types.includes(type)) return false
      if (allowed !== undefined && !allowed.has(id)) return false
      return this.#visibility.of(record, this.#engine.app.id) !== 'not-visible'
    })
  }

  async #ask(candidates: readonly Account[], signal: AbortSignal | undefined): Promise<Account> {
    const { interaction } = this.#engine
    const id = await askPerson(this.#engine, {
      what: 'choosing an account',
      signal,
      // Read once: an answer that changes its mind is not another account.
      ask: async (given) => (await interaction?.chooseAccount?.({ candidates, signal: given }))?.id,
    })
    const known = candidates.find((candidate) => candidate.id === id)
    if (known !== undefined) return known
    throw new AccountError('ERR_INVALID_RESPONSE', 'the account that was chosen is none of those that were offered')
  }
}

function gone({ name, type }: Account): AccountError {
  return new AccountError('ERR_ACCOUNT_NOT_FOUND', `${name} (${type}) was removed while it was chosen; choose again`)
}

function unresolved(
  type: string,
  reason: 'no_account' | 'several_accounts',
  hint: string | undefined,
  candidates: readonly Account[],
): AccountError {
  const what =
    reason === 'several_accounts'
      ? `several accounts of ${type} are possible; choose one or set a default`
      : hint === undefined
        ? `there is no account of ${type}; sign in first`
        : `no account of ${type} fits the hint; choose one or sign in`
  return new AccountError('ERR_INTERACTION_REQUIRED', what, {
    reason,
    action: reason === 'no_account' ? 'sign-in' : 'choose-account',
    candidates,
  })
}
