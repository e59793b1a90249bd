import type { Account, AuthenticatorContext, FormField, SecretInput, TokenTypeDescription } from '@accountry/accounts'
import {
  checkOrigin,
  optionalChoice,
  optionalFunction,
  optionalObject,
  optionalText,
  optionalTexts,
  requiredText,
} from './option-checks.ts'
import { checkScheme } from './quirk-checks.ts'

/** What a person typed, by the names of the fields. Each value can be read once. */
export type TypedCredentials = Readonly<Record<string, SecretInput>>

/** What is kept of it. */
export interface SecretAccount {
  readonly name: string
  /** What the service calls the person, for the scheme `Basic`. It outlives a rename. Default: the name. */
  readonly loginName?: string
  /** A token of limited use if the service has one: an API key, a personal access token, an app password. */
  readonly secret: string
  /** What identifies the person at the service and never changes. */
  readonly subject?: string
  /** Epoch milliseconds at which the secret ends. */
  readonly expiresAt?: number
  readonly userData?: Readonly<Record<string, string>>
}

/** What an exchange may use. Its `fetch` reaches the declared origins only and follows no redirects. */
export type ExchangeServices = Pick<AuthenticatorContext, 'fetch' | 'signal' | 'clock' | 'log'>

export interface SecretAuthenticatorOptions {
  readonly type: string
  readonly label: string
  readonly icon?: string
  /** What the person is asked for. */
  readonly fields: readonly FormField[]
  /**
   * Turns what was typed into what is kept. Throw an AccountError `ERR_BAD_CREDENTIALS` when the service refuses it.
   * Default: the first secret field is kept, and the first other field names the account.
   */
  readonly exchange?: (credentials: TypedCredentials, services: ExchangeServices) => Promise<SecretAccount>
  /**
   * Checks a password that the person typed again. Default: compares it with what is kept.
   */
  readonly confirm?: (account: Account, password: SecretInput, services: ExchangeServices) => Promise<boolean>
  /** Origins to which credentials are sent: https, or http on a literal loopback address. */
  readonly origins?: readonly string[]
  readonly tokenTypes?: Readonly<Record<string, TokenTypeDescription>>
  /** The scheme of the `Authorization` header. Default `Bearer`; `Basic` sends the name and the secret. */
  readonly scheme?: string
  /**
   * `'password'`: what is kept is the person's own password. Say so where people decide; a token of limited use is
   * better (docs/requirements.md PW-01). Default: it is not.
   */
  readonly persist?: 'password'
}

/** @throws TypeError naming the option and the kind of what was received. */
export function checkSecretOptions(options: SecretAuthenticatorOptions): void {
  optionalObject(options, 'options')
  requiredText(options.type, 'type')
  requiredText(options.label, 'label')
  optionalText(options.icon, 'icon')
  checkScheme(options.scheme, 'scheme')
  optionalChoice(options.persist, ['password'], 'persist')
  optionalFunction(options.exchange, 'exchange')
  optionalFunction(options.confirm, 'confirm')
  optionalObject(options.tokenTypes, 'tokenTypes')
  if (!Array.isArray(options.fields) || options.fields.length === 0) {
    throw new TypeError('fields must be an array with at least one field')
  }
  for (const [index, field] of options.fields.entries()) {
    requiredText(field?.name, `fields[${index}].name`)
    requiredText(field?.label, `fields[${index}].label`)
    if (options.fields.findIndex(({ name }) => name === field.name) !== index) {
      throw new TypeError(`fields[${index}].name is that of another field`)
    }
  }
  if (!options.fields.some((field) => field.secret === true)) throw new TypeError('fields must have a secret field')
  for (const origin of optionalTexts(options.origins, 'origins') ?? []) checkOrigin(origin, 'origins')
}
