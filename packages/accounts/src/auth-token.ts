import type { Account } from './account.ts'
import { printAs } from './inspectable.ts'

/** A token as an authenticator issues it. */
export interface IssuedToken {
  readonly value: string
  /** Epoch milliseconds; absent: kept until invalidated. */
  readonly expiresAt?: number | undefined
  /** Authentication scheme. Default `Bearer`. */
  readonly scheme?: string | undefined
  readonly scopes?: readonly string[] | undefined
}

export interface AuthTokenFields extends IssuedToken {
  readonly authTokenType: string
  readonly account: Account
}

/**
 * A token for one account and one purpose. Do not keep it: ask again before each request.
 *
 * The value is reachable through {@link AuthToken.value} only. It does not show in `console.log`, `JSON.stringify`,
 * template strings or `structuredClone`.
 */
export class AuthToken {
  readonly #value: string
  readonly authTokenType: string
  readonly scheme: string
  /** Epoch milliseconds; `undefined` when the service did not say. */
  readonly expiresAt: number | undefined
  readonly scopes: readonly string[]
  readonly account: Account

  constructor(fields: AuthTokenFields) {
    this.#value = fields.value
    this.authTokenType = fields.authTokenType
    this.scheme = fields.scheme ?? 'Bearer'
    this.expiresAt = fields.expiresAt
    this.scopes = Object.freeze([...(fields.scopes ?? [])])
    this.account = fields.account
    Object.freeze(this)
  }

  /** The secret itself. Send it to the service it is for, and nowhere else. */
  get value(): string {
    return this.#value
  }

  toString(): string {
    return `AuthToken(${this.authTokenType}, [redacted])`
  }

  toJSON(): object {
    const { authTokenType, scheme, expiresAt, scopes, account } = this
    return { value: '[redacted]', authTokenType, scheme, expiresAt, scopes, account }
  }

  [Symbol.toPrimitive](): string {
    return this.toString()
  }

  static {
    printAs(AuthToken.prototype, (token, options, inspect) => `AuthToken ${inspect(token.toJSON(), options)}`)
  }
}
