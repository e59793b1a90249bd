/** Parameters that carry the protection of the flow; nobody sets them from outside. */
const PROTECTED: ReadonlySet<string> = new Set([
  'client_id',
  'response_type',
  'response_mode',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'request',
  'request_uri',
  'resource',
  'dpop_jkt',
])

/**
 * Checks service-specific parameters of an authorization request.
 *
 * @throws TypeError for a parameter that the library sets itself, or a value that is not a string.
 */
export function checkExtraParameters(extra: Readonly<Record<string, unknown>>, option: string): void {
  for (const [name, value] of Object.entries(extra)) {
    if (PROTECTED.has(name)) throw new TypeError(`${option} must not set ${name}: the library does`)
    if (typeof value !== 'string') throw new TypeError(`${option}.${name} must be a string, received ${typeof value}`)
  }
}
