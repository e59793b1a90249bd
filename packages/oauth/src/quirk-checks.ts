import { kindOf } from '@accountry/accounts/contract'
import { parseEndpoint } from './endpoint-url.ts'
import {
  optionalChoice,
  optionalFlag,
  optionalObject,
  optionalText,
  optionalTexts,
  requiredText,
} from './option-checks.ts'
import type { ProfileSource } from './profile.ts'
import type { ProviderQuirks } from './quirks.ts'

/** How each quirk is checked; one that is not in here does not exist. */
const CHECKS: { readonly [Name in keyof ProviderQuirks]-?: (value: ProviderQuirks[Name], option: string) => unknown } =
  {
    errorMember: optionalText,
    omitClientId: optionalFlag,
    grantDeadErrors: optionalTexts,
    refreshScope: (value, option) => optionalChoice(value, ['send', 'omit'], option),
    anyRedirectPath: optionalFlag,
    requestScopeSeparator: checkSeparator,
    scopeParameter: optionalText,
    tokenRequestBody: (value, option) => optionalChoice(value, ['form', 'json'], option),
    scopeComparison: (value, option) => optionalChoice(value, ['exact', 'last-segment', 'ignore'], option),
    scopeAliases: checkTexts,
    profile: checkProfile,
    keptMembers: optionalTexts,
    revocation: (value, option) => optionalChoice(value, ['grant', 'client'], option),
    accessTokens: (value, option) => optionalChoice(value, ['single', 'independent'], option),
    passwordIsToken: optionalFlag,
    authorizationScheme: checkScheme,
    scopeSeparator: checkSeparator,
    defaultLifetimeS: checkSeconds,
    tokenMember: optionalText,
    bearerTokenTypes: optionalTexts,
    tokenTypeRequired: optionalFlag,
  }

/**
 * @throws TypeError naming the quirk that is wrong or that does not exist: one that is misspelt would do nothing, and
 *   the service's oddity would show up as somebody's lost account.
 */
export function checkQuirks(quirks: ProviderQuirks): void {
  for (const [name, value] of Object.entries(quirks)) {
    if (!Object.hasOwn(CHECKS, name)) throw new TypeError(`quirks.${name.slice(0, 64)} does not exist`)
    const check = CHECKS[name as keyof ProviderQuirks] as (value: unknown, option: string) => unknown
    check(value, `quirks.${name}`)
  }
}

/** RFC 9110 §5.6.2: what may stand before the credentials in a header. @throws TypeError */
export function checkScheme(value: unknown, option: string): void {
  const scheme = optionalText(value, option)
  if (scheme !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(scheme)) {
    throw new TypeError(`${option} must be the name of an authentication scheme, such as Bearer`)
  }
}

/** A separator may be a space, which {@link optionalText} takes for nothing. */
function checkSeparator(value: unknown, option: string): void {
  if (value === undefined || (typeof value === 'string' && value !== '')) return
  throw new TypeError(`${option} must be a non-empty string, received ${kindOf(value)}`)
}

function checkSeconds(value: unknown, option: string): void {
  if (value === undefined || (typeof value === 'number' && value >= 0 && Number.isFinite(value))) return
  throw new TypeError(`${option} must be a number of seconds, received ${kindOf(value)}`)
}

function checkTexts(value: Readonly<Record<string, string>> | undefined, option: string): void {
  for (const [name, text] of Object.entries(optionalObject(value, option) ?? {}))
    requiredText(text, `${option}.${name}`)
}

function checkProfile(value: ProfileSource | undefined, option: string): void {
  const profile = optionalObject(value, option)
  if (profile === undefined) return
  if (profile.endpoint !== undefined) {
    const url = parseEndpoint(profile.endpoint)
    if (typeof url === 'string') throw new TypeError(`${option}.endpoint ${url}`)
  }
  optionalChoice(profile.method, ['GET', 'POST'], `${option}.method`)
  optionalObject(profile.body, `${option}.body`)
  checkTexts(profile.headers, `${option}.headers`)
  checkTexts(profile.claims, `${option}.claims`)
  optionalTexts(profile.name, `${option}.name`)
  if (optionalTexts([profile.subject].flat(), `${option}.subject`)?.length === 0) {
    throw new TypeError(`${option}.subject must name at least one member`)
  }
}
