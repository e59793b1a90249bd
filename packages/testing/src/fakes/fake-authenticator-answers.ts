import {
  AccountError,
  type Authenticator,
  type AuthenticatorContext,
  type AuthTokenTypeSpec,
  type CredentialContext,
  type IssuedToken,
  type NewAccount,
} from '@accountry/accounts'
import type { FakeAuthenticatorScript } from './fake-authenticator.ts'

/** How the accounts of a fake authenticator behave. */
export interface AccountBehaviour {
  /** How long a token is good. Default 3 600 000. `undefined` given: the service does not say. */
  readonly lifetimeMs?: number | undefined
  /** Each token replaces the password, as a service does that rotates refresh tokens. Default `false`. */
  readonly rotates?: boolean
  /** Default `https://id.example.com`. `undefined` given: accounts have neither issuer nor subject. */
  readonly issuer?: string | undefined
  /**
   * Makes the tokens (`token-1`) and passwords (`refresh-0`) from their names, so that a leak can be looked for.
   * Default: the name itself.
   */
  readonly secret?: (label: string) => string
}

const ISSUER = 'https://id.example.com'
const HOUR_MS = 3_600_000

type Methods = Required<Omit<Authenticator, 'description' | 'configuration'>>

/** What each method does when no script says otherwise. */
export function usualAnswers(script: FakeAuthenticatorScript): Methods {
  const service = new Service(script)
  const newSession = (session: Record<string, unknown>) => ({
    session,
    url: new URL('/authorize', ISSUER),
    statusToken: 'status-1',
  })
  return {
    addAccount: async ({ name, authTokenType }, context) =>
      service.signIn(name ?? 'ana@example.com', authTokenType, context),
    getAuthToken: async ({ authTokenType }, context) => {
      await service.rotate(context)
      return service.issue(authTokenType, context)
    },
    authorizeRequest: async ({ token, method, url }) => ({
      authorization: `${token.scheme} ${token.value}`,
      dpop: `proof for ${method} ${url.origin}${url.pathname}`,
    }),
    getAuthTokenLabel: (authTokenType) => script.labels?.[authTokenType] ?? authTokenType,
    updateCredentials: async ({ account, authTokenType }, context) => {
      const { subject } = context.credential
      const again = service.signIn(account.name, authTokenType, context)
      return { ...again, ...(subject !== undefined && { subject }) }
    },
    confirmCredentials: async ({ account, password }, context) =>
      (password ?? (await askedPassword(account.name, context))) === context.credential.password,
    hasFeatures: async ({ account, features }) => {
      const known = featuresOf(script, account.name)
      return features.every((feature) => known.includes(feature))
    },
    getAccountRemovalAllowed: async () => script.removalAllowed ?? true,
    editProperties: async () => undefined,
    startAddAccountSession: async ({ options }) => newSession({ name: options['name'] ?? 'ana@example.com' }),
    startUpdateCredentialsSession: async ({ account }) => newSession({ name: account.name }),
    finishSession: async ({ session }, context) => service.signIn(String(session['name']), undefined, context),
    isCredentialsUpdateSuggested: async ({ statusToken }) => statusToken !== 'status-1',
    revoke: async () => undefined,
    discard: async () => undefined,
  }
}

/** The service behind a fake authenticator: numbers its tokens and passwords. */
class Service {
  readonly #script: FakeAuthenticatorScript
  readonly #secret: (label: string) => string
  #tokens = 0
  #passwords = 0

  constructor(script: FakeAuthenticatorScript) {
    this.#script = script
    this.#secret = script.secret ?? ((label) => label)
  }

  signIn(name: string, authTokenType: string | undefined, context: AuthenticatorContext): NewAccount {
    const issuer = 'issuer' in this.#script ? this.#script.issuer : ISSUER
    return {
      name,
      password: this.#newPassword(),
      ...(issuer !== undefined && { issuer, subject: name }),
      ...(authTokenType !== undefined && { tokens: { [authTokenType]: this.issue(authTokenType, context) } }),
    }
  }

  issue(authTokenType: AuthTokenTypeSpec, { clock }: AuthenticatorContext): IssuedToken {
    const lifetimeMs = 'lifetimeMs' in this.#script ? this.#script.lifetimeMs : HOUR_MS
    const scopes =
      typeof authTokenType === 'string' ? this.#script.tokenTypes?.[authTokenType]?.scopes : authTokenType.scopes
    return {
      value: this.#secret(`token-${++this.#tokens}`),
      ...(lifetimeMs !== undefined && { expiresAt: clock.now() + lifetimeMs }),
      ...(scopes !== undefined && { scopes }),
      ...(this.#script.canAuthorize === true && { scheme: 'DPoP' }),
    }
  }

  async rotate(context: CredentialContext): Promise<void> {
    if (this.#script.rotates === true) await context.replaceCredential({ password: this.#newPassword() })
  }

  #newPassword(): string {
    return this.#secret(`refresh-${this.#passwords++}`)
  }
}

async function askedPassword(name: string, { interaction, signal }: AuthenticatorContext): Promise<string | undefined> {
  const ask = interaction?.promptCredentials
  if (ask === undefined)
    throw new AccountError('ERR_INTERACTION_REQUIRED', `somebody has to type the password of ${name}`)
  const typed = await ask({ fields: [{ name: 'password', label: 'Password', secret: true }], signal })
  return typed['password']?.consume()
}

function featuresOf({ features = [] }: FakeAuthenticatorScript, name: string): readonly string[] {
  if (Array.isArray(features)) return features as readonly string[]
  return (features as Readonly<Record<string, readonly string[]>>)[name] ?? []
}
