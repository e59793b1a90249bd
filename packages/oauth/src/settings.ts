import { kindOf } from '@accountry/accounts/contract'
import { type NameAccount, nameFromClaims } from './account-name.ts'
import { CLIENT_AUTHENTICATION_METHODS, type ClientAuthenticationMethod } from './client-authentication-method.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { checkExtraParameters } from './extra-parameters.ts'
import { FLOWS, isUnattended, type OAuthFlow } from './flows.ts'
import { checkIssuerTemplate, isMetadataIssuer } from './issuer.ts'
import { checkJwtBearer, type JwtBearerOptions } from './jwt-bearer-options.ts'
import {
  checkOrigin,
  checkScope,
  duration,
  optionalChoice,
  optionalFlag,
  optionalFunction,
  optionalObject,
  optionalText,
  optionalTexts,
  requiredText,
} from './option-checks.ts'
import type { OAuthAuthenticatorOptions, OAuthTokenType, TokenExchange } from './options.ts'
import { checkQuirks } from './quirk-checks.ts'
import type { ProviderQuirks } from './quirks.ts'
import { parseRedirectUri, type Redirect } from './redirect-uri.ts'
import { readServerMetadata, type ServerMetadata } from './server-metadata.ts'
import { checkSigningKey, type SigningKey } from './signing-key.ts'

/** The options of an authenticator after every check, with the defaults filled in. */
export interface Settings {
  readonly type: string
  readonly label: string
  readonly icon: string | undefined
  readonly issuer: string
  readonly issuerTemplate: string | undefined
  readonly metadata: ServerMetadata | undefined
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly clientKey: SigningKey | undefined
  readonly clientAuthentication: ClientAuthenticationMethod | undefined
  readonly flows: readonly OAuthFlow[]
  readonly redirect: Redirect
  readonly tokenTypes: Readonly<Record<string, OAuthTokenType>> | undefined
  readonly signInScopes: readonly string[] | undefined
  readonly accountName: NameAccount
  readonly prompt: string | undefined
  readonly loginHint: string | undefined
  readonly authorizationParameters: Readonly<Record<string, string>>
  readonly dpop: 'never' | 'prefer' | 'require'
  readonly par: boolean | undefined
  readonly jwtBearer: JwtBearerOptions | undefined
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
  checkQuirks(quirks)
  const extra = optionalObject(options.authorizationParameters, 'authorizationParameters') ?? {}
  checkExtraParameters(extra, 'authorizationParameters')
  const settings: Settings = {
    type: requiredText(options.type, 'type'),
    label: requiredText(options.label, 'label'),
    icon: optionalText(options.icon, 'icon'),
    issuer: checkedIssuer(options.issuer, metadata),
    issuerTemplate: optionalText(options.issuerTemplate, 'issuerTemplate'),
    metadata,
    clientId: requiredText(options.clientId, 'clientId'),
    clientSecret: optionalText(options.clientSecret, 'clientSecret'),
    clientKey: optionalObject(options.clientKey, 'clientKey'),
    clientAuthentication: optionalChoice(
      options.clientAuthentication,
      CLIENT_AUTHENTICATION_METHODS,
      'clientAuthentication',
    ),
    flows: checkedFlows(options.flow),
    redirect: checkedRedirect(options.redirectUri),
    tokenTypes: checkedTokenTypes(options.tokenTypes),
    signInScopes: optionalTexts(options.signInScopes, 'signInScopes'),
    accountName:
      optionalFunction(options.accountName, 'accountName') ??
      nameFromClaims(optionalTexts(options.nameClaims, 'nameClaims')),
    prompt: optionalText(options.prompt, 'prompt'),
    loginHint: optionalText(options.loginHint, 'loginHint'),
    authorizationParameters: extra,
    dpop: optionalChoice(options.dpop, ['never', 'prefer', 'require'], 'dpop') ?? 'never',
    par: optionalFlag(options.par, 'par'),
    jwtBearer: optionalObject(options.jwtBearer, 'jwtBearer'),
    quirks,
    idTokenAlgorithms: optionalTexts(options.idTokenAlgorithms, 'idTokenAlgorithms'),
    clockToleranceMs: duration(options.clockToleranceMs, 'clockToleranceMs', 60_000, LONGEST_TOLERANCE_MS),
    signInTimeoutMs: duration(options.signInTimeoutMs, 'signInTimeoutMs', 600_000, LONGEST_SIGN_IN_MS),
  }
  checkTogether(settings)
  return settings
}

function checkTogether(settings: Settings): void {
  const { clientAuthentication, clientKey, clientSecret, flows, idTokenAlgorithms, issuerTemplate, jwtBearer } =
    settings
  if (issuerTemplate !== undefined) checkIssuerTemplate(issuerTemplate, 'issuerTemplate')
  const { metadata } = settings
  if (metadata !== undefined && !isMetadataIssuer(metadata.issuer, settings)) {
    throw new TypeError('issuer and metadata.issuer must be the same')
  }
  if (clientKey !== undefined) checkSigningKey(clientKey, 'clientKey')
  if (jwtBearer !== undefined) checkJwtBearer(jwtBearer)
  if (flows.includes('jwt-bearer') && jwtBearer === undefined) throw new TypeError('jwtBearer is required for its flow')
  if (isUnattended(flows) && flows.length > 1) {
    throw new TypeError(`flow must be one alone when nobody signs in, received ${flows.join(', ')}`)
  }
  if (clientAuthentication === 'private_key_jwt' && clientKey === undefined) {
    throw new TypeError('clientKey is required for clientAuthentication private_key_jwt')
  }
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
  const metadata = readServerMetadata(document as unknown as Record<string, unknown>, 'developer')
  if (typeof metadata === 'string') throw new TypeError(`metadata ${metadata}`)
  return metadata
}

function checkedIssuer(value: string | undefined, metadata: ServerMetadata | undefined): string {
  const issuer = optionalText(value, 'issuer') ?? metadata?.issuer
  if (issuer === undefined) throw new TypeError('issuer or metadata is required')
  const url = parseEndpoint(issuer)
  if (typeof url === 'string') throw new TypeError(`issuer ${url}`)
  if (url.search !== '') throw new TypeError('issuer must not have a query')
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
    if (name === '') throw new TypeError('tokenTypes must not hold a type without a name')
    const option = `tokenTypes.${name}`
    if (optionalObject(type, option) === undefined)
      throw new TypeError(`${option} must be an object, received undefined`)
    if (optionalTexts(type.scopes, `${option}.scopes`) === undefined)
      throw new TypeError(`${option}.scopes is required`)
    for (const scope of type.scopes) {
      checkScope(scope, `${option}.scopes`)
    }
    optionalText(type.label, `${option}.label`)
    if (typeof type.resource !== 'string') optionalTexts(type.resource, `${option}.resource`)
    for (const resource of resourcesOf(type)) checkResource(resource, `${option}.resource`)
    for (const origin of optionalTexts(type.origins, `${option}.origins`) ?? [])
      checkOrigin(origin, `${option}.origins`)
    optionalChoice(type.kind, ['access', 'id_token'], `${option}.kind`)
    checkExchange(type.exchange, `${option}.exchange`)
  }
  return types
}

/** The resources of a token type as a list (RFC 8707 §2). */
export function resourcesOf(type: Pick<OAuthTokenType, 'resource'>): readonly string[] {
  const { resource } = type
  if (resource === undefined) return []
  return typeof resource === 'string' ? [resource] : resource
}

/** @throws TypeError for what is no absolute URI without fragment (RFC 8707 §2). */
export function checkResource(value: unknown, option: string): void {
  const text = requiredText(value, option)
  if (!URL.canParse(text) || /[#\s]/.test(text)) {
    throw new TypeError(`${option} must be an absolute URI without fragment`)
  }
}

function checkExchange(value: TokenExchange | undefined, option: string): void {
  const exchange = optionalObject(value, option)
  if (exchange === undefined) return
  optionalText(exchange.audience, `${option}.audience`)
  optionalText(exchange.requestedTokenType, `${option}.requestedTokenType`)
  optionalChoice(exchange.subjectToken, ['access_token', 'id_token'], `${option}.subjectToken`)
  optionalTexts(exchange.subjectScopes, `${option}.subjectScopes`)
  if (exchange.endpoint === undefined) return
  const url = parseEndpoint(exchange.endpoint)
  if (typeof url === 'string') throw new TypeError(`${option}.endpoint ${url}`)
}
