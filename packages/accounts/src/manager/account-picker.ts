import type { Account, AccountRef } from '../account.ts'
import type { AccountEditor } from '../account-editor.ts'
import type {
  ChooseAccountOptions,
  GetAuthTokenByFeaturesOptions,
  ResolveAccountOptions,
} from '../account-manager-types.ts'
import { checkChooseOptions } from '../arguments/account-arguments.ts'
import { checkedType, checkObject, checkOneOf, checkOptionalText } from '../arguments/checks.ts'
import type { AuthTokenTypeSpec } from '../authenticator.ts'
import { checkNotAborted } from '../caller-signal.ts'
import type { Chooser } from '../chooser.ts'
import type { Engine } from '../engine.ts'
import { AccountError } from '../errors.ts'
import { fitsHint } from '../resolve-account.ts'
import type { SignIn } from '../sign-in.ts'
import type { AccountReader } from './account-reader.ts'

/** Finds out which account is meant. */
export class AccountPicker {
  readonly #engine: Engine
  readonly #reader: AccountReader
  readonly #chooser: Chooser
  readonly #editor: AccountEditor
  readonly #signIn: SignIn

  constructor(engine: Engine, reader: AccountReader, chooser: Chooser, editor: AccountEditor, signIn: SignIn) {
    this.#engine = engine
    this.#reader = reader
    this.#chooser = chooser
    this.#editor = editor
    this.#signIn = signIn
  }

  async resolve(accountType: string, options: ResolveAccountOptions): Promise<Account> {
    const type = checkedType(accountType)
    checkObject(options, 'options')
    checkOneOf(options.interaction, 'interaction', ['never', 'allow'])
    checkOptionalText(options.hint, 'hint')
    checkNotAborted(options.signal, 'resolving an account')
    const { hint, signal } = options
    const candidates = await this.#reader.ofType(type)
    const known = new Set(candidates.map(({ id }) => id))
    const isExpected = (account: Account): boolean => hint === undefined || fitsHint(account, hint)
    const named = { ...(hint !== undefined && { name: hint }), ...(signal !== undefined && { signal }) }
    return await this.#chooser.resolve(candidates, {
      type,
      hint,
      signal,
      isInteractive: options.interaction === 'allow',
      preferred: this.#editor.getDefault(type),
      signIn: async () =>
        await this.#signIn.addAccount(this.#engine.authenticatorOf(type), named, {
          isExpected,
          isAnswered: () => this.#newAccount(type, known, isExpected),
        }),
    })
  }

  /** The account for which somebody wants a token: the only one with these features, or whom the person chooses. */
  async withFeatures(
    type: string,
    authTokenType: AuthTokenTypeSpec,
    features: readonly string[],
    options: GetAuthTokenByFeaturesOptions,
  ): Promise<Account> {
    const { signal, addAccountOptions } = options
    const given = signal === undefined ? {} : { signal }
    const candidates = await this.#reader.ofTypeWithFeatures(type, features, given)
    const request = {
      ...given,
      requiredFeatures: features,
      ...(typeof authTokenType === 'string' && { authTokenType }),
      ...(addAccountOptions !== undefined && { options: addAccountOptions }),
    }
    return await this.#chooser.resolve(candidates, {
      type,
      hint: undefined,
      signal,
      isInteractive: options.interaction === 'allow',
      preferred: this.#editor.getDefault(type),
      signIn: async () => {
        const account = await this.#signIn.addAccount(this.#engine.authenticatorOf(type), request)
        if (await this.#reader.hasFeatures(account, features, given)) return account
        const message = `${account.name} (${type}) signed in, and does not have the features that are needed`
        throw new AccountError('ERR_INTERACTION_REQUIRED', message, {
          reason: 'no_account',
          action: 'sign-in',
          account,
        })
      },
    })
  }

  async choose(options: ChooseAccountOptions): Promise<Account> {
    checkChooseOptions(options)
    this.#engine.attend()
    const given = options.signal === undefined ? {} : { signal: options.signal }
    return await this.#chooser.choose(
      options,
      async (type) => await this.#signIn.addAccount(this.#engine.authenticatorOf(type), given),
    )
  }

  async defaultOf(accountType: string): Promise<Account | undefined> {
    const type = checkedType(accountType)
    this.#engine.attend()
    return this.#editor.getDefault(type)
  }

  async setDefault(accountType: string, account: AccountRef | undefined): Promise<void> {
    const type = checkedType(accountType)
    this.#engine.attend()
    const record = account === undefined ? undefined : this.#engine.require(account)
    if (record !== undefined && record.account.type !== type) {
      throw new TypeError(`account must be of type ${type}, received one of type ${record.account.type}`)
    }
    this.#engine.checkOwner(type, 'choose the default of')
    await this.#editor.setDefault(type, record?.account)
  }

  /** An account to which another process signed in meanwhile. */
  #newAccount(
    type: string,
    known: ReadonlySet<string>,
    isExpected: (account: Account) => boolean,
  ): Account | undefined {
    this.#engine.lookNow()
    for (const record of this.#engine.index.ofType(type)) {
      const { account } = record
      if (!known.has(account.id) && this.#engine.sight.isVisible(record) && isExpected(account)) return account
    }
    return undefined
  }
}
