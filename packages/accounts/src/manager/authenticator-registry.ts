import { checkedName } from '../account.ts'
import { checkAuthenticator } from '../arguments/authenticator-argument.ts'
import { checkedType, checkText } from '../arguments/checks.ts'
import type { Authenticator, AuthenticatorConfiguration, AuthenticatorDescription } from '../authenticator.ts'
import { AuthenticatorRecords } from '../authenticator-records.ts'
import type { Engine } from '../engine.ts'
import { AccountError, isAccountError } from '../errors.ts'
import type { Removal } from '../removal.ts'
import { TokenLabels } from '../token-labels.ts'

/** The authenticators of this process, and what the vault remembers of those of others. */
export class AuthenticatorRegistry {
  readonly #engine: Engine
  readonly #removal: Removal
  readonly #records: AuthenticatorRecords
  readonly #labels: TokenLabels
  /** What is being written down of an authenticator. */
  #remembering: Promise<void> = Promise.resolve()

  constructor(engine: Engine, removal: Removal) {
    this.#engine = engine
    this.#removal = removal
    this.#records = new AuthenticatorRecords(engine)
    this.#labels = new TokenLabels(engine)
  }

  register(authenticator: Authenticator): void {
    this.#engine.checkOpen()
    checkAuthenticator(authenticator)
    const type = checkedName(authenticator.description.type, 'authenticator.description.type')
    if (this.#engine.authenticators.has(type)) {
      throw new AccountError('ERR_AUTHENTICATOR_EXISTS', `an authenticator for ${type} is registered already`)
    }
    this.#engine.sight.register(type, authenticator)
    if (authenticator.revoke !== undefined) void this.#removal.sendRevocations()
    this.#remember(type, authenticator)
  }

  unregister(type: string): void {
    this.#engine.checkOpen()
    this.#engine.authenticators.delete(checkedType(type))
    // Whoever was the owner is a stranger now, and has to ask like one.
    this.#engine.cache.clear()
  }

  descriptions(): AuthenticatorDescription[] {
    this.#engine.checkOpen()
    return [...this.#engine.authenticators.values()].map((authenticator) => this.#engine.sight.describe(authenticator))
  }

  async configurations(): Promise<Map<string, AuthenticatorConfiguration>> {
    this.#engine.attend()
    // They hold the secrets of clients: each is for who serves the type, and for the system.
    const own = [...this.#records.all()].filter(([type]) => this.#engine.sight.owns(type))
    return new Map(own)
  }

  async labelOf(accountType: string, authTokenType: string): Promise<string | undefined> {
    const type = checkedType(accountType)
    checkText(authTokenType, 'authTokenType')
    this.#engine.attend()
    return this.#labels.of(type, authTokenType)
  }

  /** Resolves when everything is written down. */
  async settled(): Promise<void> {
    await this.#remembering
  }

  /** Hints for other programs; that they could not be written is no reason to fail. */
  #remember(type: string, { configuration }: Authenticator): void {
    const isOpen = this.#engine.vault.keyring.isOpen
    const write = async (): Promise<void> => {
      await this.#labels.remember(type)
      if (configuration !== undefined && isOpen) await this.#records.remember(type, configuration)
    }
    this.#remembering = this.#remembering.then(write).catch((error: unknown) =>
      this.#engine.log.warn('authenticator.not-remembered', {
        type,
        error: isAccountError(error) ? error.code : 'unknown',
      }),
    )
  }
}
