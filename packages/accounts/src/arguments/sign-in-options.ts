import { kindOf } from '../account.ts'
import type { AddAccountOptions, UpdateCredentialsOptions } from '../account-manager-types.ts'
import type { AuthenticatorDescription } from '../authenticator.ts'
import { checkNotAborted } from '../caller-signal.ts'
import type { SessionOptions } from '../sessions.ts'
import { canonicalJson, tokenKeyOf } from '../token-key.ts'
import { checkObject, checkOneOf, checkOptionalText, checkText, checkTexts } from './checks.ts'

const UNSAFE_SCHEMES: ReadonlySet<string> = new Set(['javascript:', 'vbscript:', 'data:', 'file:', 'blob:', 'about:'])

/** Before the person goes through a browser for something that is wrong. @throws TypeError. */
export function checkSignInOptions(
  options: AddAccountOptions & UpdateCredentialsOptions & SessionOptions,
  what: string,
): void {
  checkObject(options, 'options')
  checkOptionalText(options.name, 'name')
  checkOptionalText(options.authTokenType, 'authTokenType')
  if (options.redirectUri !== undefined) checkRedirectUri(options.redirectUri)
  checkOneOf(options.ifExists, 'ifExists', ['update', 'error'])
  if (options.requiredFeatures !== undefined) checkTexts(options.requiredFeatures, 'requiredFeatures')
  if (options.options !== undefined) checkObject(options.options, 'options.options')
  checkNotAborted(options.signal, what)
}

/** What is sealed into a session has to survive it. @throws TypeError. */
export function checkSessionOptions(options: SessionOptions, what: string): void {
  checkSignInOptions(options, what)
  if (options.options !== undefined) canonicalJson(options.options, 'options.options')
}

/** A web address, a loopback address or a scheme of the app's own; never one that a browser would run. */
function checkRedirectUri(redirectUri: unknown): void {
  checkText(redirectUri, 'redirectUri')
  const url = URL.parse(redirectUri)
  if (url !== null && !UNSAFE_SCHEMES.has(url.protocol)) return
  throw new TypeError('redirectUri must be an address to which a browser may return, received another string')
}

/** @throws TypeError for a token type that the authenticator does not declare. */
export function checkDeclared(authTokenType: string | undefined, description: AuthenticatorDescription): void {
  if (authTokenType !== undefined) tokenKeyOf(authTokenType, undefined, description, '')
}

/** The URL to which the service sent the person back. @throws TypeError. */
export function checkedAnswer(answer: { url?: URL | string }): { url?: URL } {
  checkObject(answer, 'answer')
  const { url } = answer
  if (url === undefined) return {}
  if (url instanceof URL) return { url }
  const parsed = typeof url === 'string' ? URL.parse(url) : null
  if (parsed !== null) return { url: parsed }
  const received = typeof url === 'string' ? 'a string that is no URL' : kindOf(url)
  throw new TypeError(
    `answer.url must be the whole URL to which the service sent the person back, received ${received}`,
  )
}
