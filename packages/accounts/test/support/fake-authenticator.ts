import {
  AccountError,
  type Authenticator,
  type AuthenticatorDescription,
  type CredentialContext,
  type GetAuthTokenRequest,
  type IssuedToken,
} from '@accountry/accounts'

export const TYPE = 'com.example'

export interface TokenCall {
  readonly request: GetAuthTokenRequest
  readonly context: CredentialContext
}

/** What happens at one call of `getAuthToken`; the number counts from 1. */
export type TokenScript = (call: TokenCall, number: number) => Promise<IssuedToken> | IssuedToken

export interface FakeAuthenticator extends Authenticator {
  /** Every call of `getAuthToken` so far, oldest first. */
  readonly calls: TokenCall[]
  /** Replaces what the next calls of `getAuthToken` do. */
  script: TokenScript
}

export type FakeAuthenticatorOptions = Partial<Omit<Authenticator, 'description' | 'getAuthToken'>> & {
  readonly description?: Partial<AuthenticatorDescription>
  readonly getAuthToken?: TokenScript
}

/** Issues `token-1`, `token-2`, … unless told otherwise, and remembers what it was asked. */
export function createFakeAuthenticator(options: FakeAuthenticatorOptions = {}): FakeAuthenticator {
  const { description, getAuthToken, ...methods } = options
  const calls: TokenCall[] = []
  return {
    calls,
    script: getAuthToken ?? ((_call, number) => ({ value: `token-${number}` })),
    description: { type: TYPE, label: 'Example', ...description },
    addAccount: async (request) => ({ name: request.name ?? 'ana@example.com', password: 'refresh-0' }),
    async getAuthToken(request, context) {
      calls.push({ request, context })
      return await this.script({ request, context }, calls.length)
    },
    ...methods,
  }
}

/** What an authenticator throws when the service takes a grant no more. */
export function invalidGrant(): AccountError {
  return new AccountError('ERR_INTERACTION_REQUIRED', 'the service refused the grant', { reason: 'revoked_or_reused' })
}

/** What comes of a connection that broke after the request was sent. */
export function brokenConnection(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}

/** What comes of a name that cannot be resolved: nothing was sent. */
export function offline(): Error {
  return Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
}
