/** The part of a template that stands for the tenant, as in Microsoft's metadata. */
const PLACEHOLDER = '{tenantid}'
const TENANT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Which issuer is expected: one, or with a template one for each tenant. */
export interface ExpectedIssuer {
  readonly issuer: string
  /** E.g. `https://login.example.com/{tenantid}/v2.0`. */
  readonly issuerTemplate?: string | undefined
}

/** Whether metadata that names `received` is the metadata of this issuer: the issuer itself, or the template. */
export function isMetadataIssuer(received: string, { issuer, issuerTemplate }: ExpectedIssuer): boolean {
  return received === (issuerTemplate ?? issuer)
}

/**
 * Whether an ID token that names `received` is from this issuer. Compared as it stands, without normalising.
 *
 * With a template the tenant must be spelled out in the claim `tid` too, and be the one in the issuer, so that one
 * tenant cannot speak for another (docs/requirements.md V-02).
 */
export function isTokenIssuer(received: unknown, tenant: unknown, { issuer, issuerTemplate }: ExpectedIssuer): boolean {
  if (issuerTemplate === undefined) return received === issuer
  if (typeof tenant !== 'string' || !TENANT.test(tenant)) return false
  return received === issuerTemplate.replace(PLACEHOLDER, tenant)
}

/** Whether an authorization response that names `received` is from this issuer (RFC 9207). */
export function isResponseIssuer(received: string, { issuer, issuerTemplate }: ExpectedIssuer): boolean {
  if (received === issuer) return true
  if (issuerTemplate === undefined) return false
  const [before = '', after = ''] = issuerTemplate.split(PLACEHOLDER)
  const tenant = received.slice(before.length, received.length - after.length)
  return received.startsWith(before) && received.endsWith(after) && TENANT.test(tenant)
}

/** @throws TypeError when a template has no place for the tenant. */
export function checkIssuerTemplate(template: string, option: string): void {
  if (!template.includes(PLACEHOLDER)) throw new TypeError(`${option} must contain ${PLACEHOLDER}`)
}
