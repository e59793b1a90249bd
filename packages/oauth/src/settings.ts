import type { TokenTypeDescription } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/foundation'
import { type NameAccount, nameFromClaims } from './account-name.ts'
import { checkExtraParameters } from './authorization-request.ts'
import { CLIENT_AUTHENTICATION_METHODS, type ClientAuthenticationMethod } from './client-authentication.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { FLOWS, type OAuthFlow } from './flows.ts'
import type { OAuthAuthenticatorOptions, OAuthTokenType } from './options.ts'
import type { ProviderQuirks } from './quirks.ts'
import { parseRedirectUri, type Redirect } from './redirect-uri.ts'
import { readServerMetadata, type ServerMetadata } from './server-metadata.ts'

/** The options of an authenticator after every check, with the defaults filled in. */
export interface Settings {
  readonly type: string
  readonly label: string
  readonly icon: string | undefined
  readonly issuer: string
  readonly metadata: ServerMetadata | undefined
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly clientAuthentication: ClientAuthenticationMethod | undefined
  readonly flows: readonly OAuthFlow[]
  readonly redirect: Redirect
  readonly tokenTypes: Readonly<Record<string, OAuthTokenType>> | undefined
  readonly signInScopes: readonly string[] | undefined
  readonly accountName: NameAccount
  readonly prompt: string | undefined
  readonly loginHint: string | undefined
  readonly authorizationParameters: Readonly<Record<string, string>>
  readonly quirks: ProviderQuirks
  readonly idTokenAlgorithms: readonly string[] | undefined
  readonly clockToleranceMs: number
  readonly signInTimeoutMs: number
}

const DEFAULT_REDIRECT_URI = 'http://127.0.0.1/callback'
const LONGEST_TOLERANCE_MS = 300_000
const LONGEST_SIGN_IN_MS = 3_600_000

/**
 * Checks the options of {@link createOAuthAuthenticator} before anything is done with them.
 *
 * @throws TypeError naming the option and the kind of what was received, never the value.
 * @throws RangeError for a duration out of its range.
 */
export function checkedSettings(options: OAuthAuthenticatorOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`createOAuthAuthenticator: expected options, received ${kindOf(options)}`)
  }
  const metadata = checkedMetadataOption(options.metadata)
  const quirks = optionalObject(options.quirks, 'quirks') ?? {}
  const extra = optionalObject(options.authorizationParameters, 'authorizationParameters') ?? {}
  checkExtraParameters(extra, 'authorizationParameters')
  const settings: Settings = {
    type: requiredText(options.type, 'type'),
    label: requiredText(options.label, 'label'),
    icon: optionalText(options.icon, 'icon'),
    issuer: checkedIssuer(options.issuer, metadata),
    metadata,
    clientId: requiredText(options.clientId, 'clientId'),
    clientSecret: optionalText(options.clientSecret, 'clientSecret'),
    clientAuthentication: optionalChoice(
      options.clientAuthentication,
      CLIENT_AUTHENTICATION_METHODS,
      'clientAuthentication',
    ),
    flows: checkedFlows(options.flow),
    redirect: checkedRedirect(options.redirectUri),
    tokenTypes: checkedTokenTypes(options.tokenTypes),
    signInScopes: optionalTexts(options.signInScopes, 'signInScopes'),
    accountName: optionalFunction(options.accountName, 'accountName') ?? nameFromClaims,
    prompt: optionalText(options.prompt, 'prompt'),
    loginHint: optionalText(options.loginHint, 'loginHint'),
    authorizationParameters: extra,
    quirks,
    idTokenAlgorithms: optionalTexts(options.idTokenAlgorithms, 'idTokenAlgorithms'),
    clockToleranceMs: duration(options.clockToleranceMs, 'clockToleranceMs', 60_000, LONGEST_TOLERANCE_MS),
    signInTimeoutMs: duration(options.signInTimeoutMs, 'signInTimeoutMs', 600_000, LONGEST_SIGN_IN_MS),
  }
  checkTogether(settings)
  return settings
}

/** The declared token types as the manager shows them; it never needs to run our code for that. */
export function describeTokenTypes(settings: Settings): Record<string, TokenTypeDescription> | undefined {
  return settings.tokenTypes
}

function checkTogether(settings: Settings): void {
  const { clientAuthentication, clientSecret, idTokenAlgorithms } = settings
  if (clientAuthentication?.startsWith('client_secret_') === true && clientSecret === undefined) {
    throw new TypeError(`clientSecret is required for clientAuthentication ${clientAuthentication}`)
  }
  if (idTokenAlgorithms?.includes('none') === true) throw new TypeError('idTokenAlgorithms must not contain none')
  if (idTokenAlgorithms?.some((name) => name.startsWith('HS')) === true && clientSecret === undefined) {
    throw new TypeError('clientSecret is required to accept ID tokens signed with it (HS… in idTokenAlgorithms)')
  }
}

function checkedMetadataOption(value: ServerMetadata | undefined): ServerMetadata | undefined {
  const document = optionalObject(value, 'metadata')
  if (document === undefined) return undefined
  const metadata = readServerMetadata(document as unknown as Record<string, unknown>)
  if (typeof metadata === 'string') throw new TypeError(`metadata ${metadata}`)
  return metadata
}

function checkedIssuer(value: string | undefined, metadata: ServerMetadata | undefined): string {
  const issuer = optionalText(value, 'issuer') ?? metadata?.issuer
  if (issuer === undefined) throw new TypeError('issuer or metadata is required')
  const url = parseEndpoint(issuer)
  if (typeof url === 'string') throw new TypeError(`issuer ${url}`)
  if (url.search !== '') throw new TypeError('issuer must not have a query')
  if (metadata !== undefined && metadata.issuer !== issuer) throw new TypeError('issuer and metadata.issuer differ')
  return issuer
}

function checkedFlows(value: OAuthFlow | readonly OAuthFlow[] | undefined): readonly OAuthFlow[] {
  const flows = value === undefined ? ['loopback' as const] : Array.isArray(value) ? value : [value]
  if (flows.length === 0) throw new TypeError('flow must name at least one flow')
  return flows.map((flow) => optionalChoice(flow, FLOWS, 'flow') ?? 'loopback')
}

function checkedRedirect(value: string | undefined): Redirect {
  const redirect = parseRedirectUri(optionalText(value, 'redirectUri') ?? DEFAULT_REDIRECT_URI)
  if (typeof redirect === 'string') throw new TypeError(`redirectUri ${redirect}`)
  return redirect
}

function checkedTokenTypes(
  value: Readonly<Record<string, OAuthTokenType>> | undefined,
): Readonly<Record<string, OAuthTokenType>> | undefined {
  const types = optionalObject(value, 'tokenTypes')
  if (types === undefined) return undefined
  for (const [name, type] of Object.entries(types)) {
    const option = `tokenTypes.${name}`
    if (optionalObject(type, option) === undefined)
      throw new TypeError(`${option} must be an object, received undefined`)
    if (optionalTexts(type.scopes, `${option}.scopes`) === undefined)
      throw new TypeError(`${option}.scopes is required`)
    for (const scope of type.scopes) {
      if (/\s/.test(scope)) throw new TypeError(`${option}.scopes must hold one scope per entry`)
    }
    for (const resource of resourcesOf(type)) checkResource(resource, `${option}.resource`)
    for (const origin of optionalTexts(type.origins, `${option}.origins`) ?? [])
      checkOrigin(origin, `${option}.origins`)
    optionalChoice(type.kind, ['access', 'id_token'], `${option}.kind`)
  }
  return types
}

/** The resources of a token type as a list (RFC 8707 §2). */
export function resourcesOf(type: Pick<OAuthTokenType, 'resource'>): readonly string[] {
  const { resource } = type
  if (resource === undefined) return []
  return typeof resource === 'string' ? [resource] : resource
}

function checkResource(value: unknown, option: string): void {
  const text = requiredText(value, option)
  if (!URL.canParse(text) || text.includes('#'))
    throw new TypeError(`${option} must be an absolute URI without fragment`)
}

function checkOrigin(value: string, option: string): void {
  if (!URL.canParse(value) || new URL(value).origin !== value) {
    throw new TypeError(`${option} must hold origins such as https://api.example.com, without path or final slash`)
  }
}

function requiredText(value: unknown, option: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value
  throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
}

function optionalText(value: unknown, option: string): string | undefined {
  return value === undefined ? undefined : requiredText(value, option)
}

function optionalTexts(value: unknown, option: string): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw new TypeError(`${option} must be an array, received ${kindOf(value)}`)
  return value.map((entry) => requiredText(entry, option))
}

function optionalObject<T extends object>(value: T | undefined, option: string): T | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new TypeError(`${option} must be an object, received ${kindOf(value)}`)
}

function optionalFunction<T>(value: T | undefined, option: string): T | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw new TypeError(`${option} must be a function, received ${kindOf(value)}`)
}

function optionalChoice<T extends string>(value: T | undefined, choices: readonly T[], option: string): T | undefined {
  if (value === undefined || choices.includes(value)) return value
  throw new TypeError(`${option} must be one of ${choices.join(', ')}, received ${kindOf(value)}`)
}

function duration(value: unknown, option: string, otherwise: number, longest: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number') throw new TypeError(`${option} must be a number, received ${kindOf(value)}`)
  if (value >= 0 && value <= longest) return value
  throw new RangeError(`${option} must be from 0 to ${longest} milliseconds`)
}
