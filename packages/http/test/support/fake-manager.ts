import type { Account, AuthenticatorDescription, GetAuthTokenOptions, IssuedToken } from '@accountry/accounts'
import { AuthToken } from '@accountry/accounts'
import type { TokenSource } from '@accountry/http'

export const ana: Account = { id: 'id-ana', type: 'com.example', name: 'ana@example.com' }

/** A manager with one account, whose tokens are `secret-1`, `secret-2`, …: what it did is there to look at. */
export class FakeManager implements TokenSource {
  scheme = 'Bearer'
  /** Used instead of `secret-N` when set. */
  tokenValue: string | undefined
  refreshes = 0
  readonly asked: GetAuthTokenOptions[] = []
  readonly invalidated: string[] = []
  readonly signed: { method: string; url: string; nonce: string | undefined }[] = []
  readonly tokenTypes: NonNullable<AuthenticatorDescription['tokenTypes']>
  #stored: AuthToken | undefined
  #flight: Promise<AuthToken> | undefined

  constructor(...origins: string[]) {
    this.tokenTypes = { api: { origins } }
  }

  getAuthenticatorTypes(): AuthenticatorDescription[] {
    return [{ type: ana.type, label: 'Example', tokenTypes: this.tokenTypes }]
  }

  async getAccount(id: string): Promise<Account | undefined> {
    return id === ana.id ? ana : undefined
  }

  async getAuthToken(_account: unknown, authTokenType: unknown, options: GetAuthTokenOptions = {}): Promise<AuthToken> {
    this.asked.push(options)
    options.signal?.throwIfAborted()
    if (this.#stored !== undefined) return this.#stored
    this.#flight ??= this.#refresh(String(authTokenType)).finally(() => {
      this.#flight = undefined
    })
    return await this.#flight
  }

  async invalidateAuthToken(tokenOrType: AuthToken | string, value?: string): Promise<void> {
    const rejected = typeof tokenOrType === 'string' ? value : tokenOrType.value
    this.invalidated.push(String(rejected))
    if (this.#stored?.value === rejected) this.#stored = undefined
  }

  async authorizeRequest(
    token: AuthToken,
    request: { method: string; url: URL; nonce?: string },
  ): Promise<Record<string, string>> {
    this.signed.push({ method: request.method, url: request.url.href, nonce: request.nonce })
    const authorization = `${token.scheme} ${token.value}`
    if (token.scheme !== 'DPoP') return { authorization }
    return { authorization, dpop: `proof ${request.method} ${request.url.href} ${request.nonce ?? '-'}` }
  }

  /** Another process renewed the token. */
  store(token: IssuedToken): void {
    this.#stored = new AuthToken({ ...token, authTokenType: 'api', account: ana })
  }

  async #refresh(authTokenType: string): Promise<AuthToken> {
    await new Promise((resolve) => setImmediate(resolve))
    this.refreshes += 1
    const value = this.tokenValue ?? `secret-${this.refreshes}`
    this.#stored = new AuthToken({
      value,
      scheme: this.scheme,
      authTokenType,
      account: ana,
      expiresAt: 1_900_000_000_000,
    })
    return this.#stored
  }
}
