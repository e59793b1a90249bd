import {
  type Account,
  AccountError,
  type Authenticator,
  type AuthenticatorContext,
  type CredentialContext,
  type IssuedToken,
  type NewAccount,
  SecretInput,
} from '@accountry/accounts'
import { createAttemptLimit } from './attempt-limit.ts'
import { endOf, fieldsOf, numberIn, storedFields } from './credential-fields.ts'
import { restrictedFetch } from './restricted-fetch.ts'
import { isSameText } from './same-text.ts'
import type { ExchangeServices, SecretAccount, SecretAuthenticatorOptions, TypedCredentials } from './secret-options.ts'

/** The methods of an authenticator for secrets, loaded with the first call of one of them. */
export type SecretActions = Required<
  Pick<Authenticator, 'addAccount' | 'updateCredentials' | 'getAuthToken' | 'confirmCredentials'>
>

export function createSecretActions(options: SecretAuthenticatorOptions): SecretActions {
  const attempts = createAttemptLimit()
  return {
    addAccount: (_request, context) => signIn(options, context),
    // Who is asked again logs in with the name that was typed before.
    updateCredentials: ({ account }, context) =>
      signIn(options, context, account, fieldsOf(context.credential).loginName),
    getAuthToken: async ({ account }, context) => storedSecret(options, account, context),
    async confirmCredentials({ account, password }, context) {
      attempts.check(account, context.clock)
      const isRight = await isConfirmed(options, account, password, context)
      attempts.record(account, isRight, context.clock)
      return isRight
    },
  }
}

async function signIn(
  options: SecretAuthenticatorOptions,
  context: AuthenticatorContext,
  account?: Account,
  knownLoginName?: string,
): Promise<NewAccount> {
  const credentials = await askPerson(options, context, account)
  const { exchange = keepAsTyped(options, account) } = options
  const kept = checkedAccount(await exchange(credentials, servicesOf(options, context)), options.label)
  return {
    name: kept.name,
    password: kept.secret,
    ...(kept.subject !== undefined && { issuer: options.type, subject: kept.subject }),
    ...(kept.userData !== undefined && { userData: kept.userData }),
    fields: storedFields({
      loginName: kept.loginName ?? knownLoginName ?? kept.name,
      passwordExpiresAt: kept.expiresAt === undefined ? undefined : endOf(0, kept.expiresAt),
    }),
  }
}

async function askPerson(
  { fields, label }: SecretAuthenticatorOptions,
  { interaction, signal }: AuthenticatorContext,
  account: Account | undefined,
): Promise<TypedCredentials> {
  if (interaction?.promptCredentials === undefined) {
    const message = `${label}: signing in needs ${fields.map((field) => field.label).join(', ')}, and nobody can be asked`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { account })
  }
  const answers = await interaction.promptCredentials({ fields, signal })
  const missing = fields.find((field) => field.required !== false && !(answers[field.name] instanceof SecretInput))
  if (missing === undefined) return answers
  throw new AccountError('ERR_BAD_CREDENTIALS', `${label}: ${missing.label} is missing`, { account })
}

/** Without an exchange the secret is kept as it was typed, and the first open field is the name. */
function keepAsTyped(
  { fields, label }: SecretAuthenticatorOptions,
  account: Account | undefined,
): (credentials: TypedCredentials) => Promise<SecretAccount> {
  return (credentials) => {
    const secretField = fields.find((field) => field.secret === true)
    const nameField = fields.find((field) => field.secret !== true)
    const name = nameField === undefined ? undefined : credentials[nameField.name]?.consume().trim()
    const secret = secretField === undefined ? '' : (credentials[secretField.name]?.consume() ?? '')
    return Promise.resolve({ name: account?.name ?? (name || label), secret, ...(name && { loginName: name }) })
  }
}

function checkedAccount(value: SecretAccount, label: string): SecretAccount {
  const { name, secret, loginName = name, expiresAt } = value ?? {}
  const isUsable = [name, secret, loginName].every((text) => typeof text === 'string')
  if (!isUsable || (expiresAt !== undefined && !Number.isFinite(expiresAt))) {
    throw new AccountError('ERR_INVALID_RESPONSE', `${label}: the exchange returned no account`)
  }
  // A secret ends up in a header, and these would end the header or begin another one.
  if (secret === '' || /[\r\n\0]/.test(secret)) {
    throw new AccountError('ERR_BAD_CREDENTIALS', `${label}: that is not a usable secret`)
  }
  return value
}

function storedSecret(
  { scheme = 'Bearer' }: SecretAuthenticatorOptions,
  account: Account,
  { credential, clock }: CredentialContext,
): IssuedToken {
  const { password } = credential
  const subject = `${account.name} (${account.type})`
  if (password === undefined || password === '') {
    const options = { reason: 'no_credential' as const, account }
    throw new AccountError('ERR_INTERACTION_REQUIRED', `${subject} has no stored secret. Sign in again.`, options)
  }
  const { loginName = account.name, passwordExpiresAt } = fieldsOf(credential)
  const expiresAt = numberIn(passwordExpiresAt)
  if (expiresAt !== undefined && expiresAt <= clock.now()) {
    const options = { reason: 'expired' as const, account }
    throw new AccountError('ERR_INTERACTION_REQUIRED', `${subject}: the secret has run out. Enter a new one.`, options)
  }
  // RFC 7617 §2: the name and the password in one.
  const value = scheme === 'Basic' ? Buffer.from(`${loginName}:${password}`).toString('base64') : password
  return { value, scheme, ...(expiresAt !== undefined && { expiresAt }) }
}

async function isConfirmed(
  options: SecretAuthenticatorOptions,
  account: Account,
  password: string | undefined,
  context: CredentialContext,
): Promise<boolean> {
  const typed = password === undefined ? await typedAgain(options, account, context) : new SecretInput(password)
  if (options.confirm !== undefined) return await options.confirm(account, typed, servicesOf(options, context))
  return isSameText(typed.consume(), context.credential.password ?? '')
}

async function typedAgain(
  options: SecretAuthenticatorOptions,
  account: Account,
  context: AuthenticatorContext,
): Promise<SecretInput> {
  const fields = options.fields.filter((field) => field.secret === true).slice(0, 1)
  const answers = await askPerson({ ...options, fields }, context, account)
  return Object.values(answers)[0] ?? new SecretInput('')
}

function servicesOf(options: SecretAuthenticatorOptions, context: AuthenticatorContext): ExchangeServices {
  const { signal, clock, log } = context
  return { signal, clock, log, fetch: restrictedFetch(context.fetch, options.origins ?? [], options.label) }
}
