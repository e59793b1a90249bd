import { checkedName } from '../account.ts'
import type { Authenticator } from '../authenticator.ts'
import {
  checkFlag,
  checkMethods,
  checkObject,
  checkOneOf,
  checkOptionalMethods,
  checkOptionalText,
  checkText,
  checkTexts,
} from './checks.ts'

const OPTIONAL_METHODS = [
  'authorizeRequest',
  'getAuthTokenLabel',
  'updateCredentials',
  'confirmCredentials',
  'hasFeatures',
  'getAccountRemovalAllowed',
  'editProperties',
  'startAddAccountSession',
  'startUpdateCredentialsSession',
  'finishSession',
  'isCredentialsUpdateSuggested',
  'revoke',
  'discard',
] as const satisfies readonly (keyof Authenticator)[]

/** @throws TypeError when it lacks what every authenticator has, or has something that is of a wrong kind. */
export function checkAuthenticator(value: unknown): asserts value is Authenticator {
  checkMethods(value, 'authenticator', ['addAccount', 'getAuthToken'])
  const authenticator = value as Authenticator
  checkOptionalMethods(authenticator, 'authenticator', OPTIONAL_METHODS)
  const { description, configuration } = authenticator
  checkObject(description, 'authenticator.description')
  checkText(description.type, 'authenticator.description.type')
  checkedName(description.type, 'authenticator.description.type')
  checkText(description.label, 'authenticator.description.label')
  checkOptionalText(description.icon, 'authenticator.description.icon')
  checkCapabilities(description.capabilities)
  checkTokenTypes(description.tokenTypes)
  if (configuration === undefined) return
  checkObject(configuration, 'authenticator.configuration')
  checkText(configuration.kind, 'authenticator.configuration.kind')
  checkObject(configuration.options, 'authenticator.configuration.options')
}

function checkCapabilities(capabilities: unknown): void {
  if (capabilities === undefined) return
  const option = 'authenticator.description.capabilities'
  checkObject(capabilities, option)
  const { accessTokens, ...flags } = capabilities as Record<string, unknown>
  checkOneOf(accessTokens, `${option}.accessTokens`, ['single', 'independent'])
  for (const name of ['tokensPerPrincipal', 'passwordIsToken', 'storesPassword']) {
    checkFlag(flags[name], `${option}.${name}`)
  }
}

function checkTokenTypes(tokenTypes: unknown): void {
  if (tokenTypes === undefined) return
  const option = 'authenticator.description.tokenTypes'
  checkObject(tokenTypes, option)
  for (const [name, type] of Object.entries(tokenTypes)) {
    const path = `${option}.${name}`
    checkObject(type, path)
    const { label, scopes, resource, origins } = type as Record<string, unknown>
    checkOptionalText(label, `${path}.label`)
    if (scopes !== undefined) checkTexts(scopes, `${path}.scopes`)
    if (origins !== undefined) checkTexts(origins, `${path}.origins`)
    if (Array.isArray(resource)) checkTexts(resource, `${path}.resource`)
    else checkOptionalText(resource, `${path}.resource`)
  }
}
