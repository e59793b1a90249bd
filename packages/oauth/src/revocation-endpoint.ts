import type { Credential } from '@accountry/accounts'
import { fieldsOf } from './credential-fields.ts'
import { parseEndpoint } from './endpoint-url.ts'
import { recallMetadata } from './remembered-metadata.ts'
import type { ServerMetadata } from './server-metadata.ts'
import type { Settings } from './settings.ts'

/**
 * Whether the revocation endpoint is where the account's server was when it was last used: on its issuer's host, on that of
 * its token endpoint, or where its revocation endpoint was before. A document that changed since then must not lead the
 * credential to another host (docs/requirements.md DS-04).
 */
export function isKnownRevocationEndpoint(
  settings: Pick<Settings, 'issuer' | 'metadata'>,
  { revocation_endpoint }: Pick<ServerMetadata, 'revocation_endpoint'>,
  credential: Pick<Credential, 'fields'>,
): boolean {
  const { tokenEndpoint, metadata } = fieldsOf(credential)
  // What the developer wrote down is no document of somebody else, and an account that was never used knows no host.
  if (settings.metadata !== undefined || tokenEndpoint === undefined) return true
  const known = [settings.issuer, tokenEndpoint, recallMetadata(metadata)?.metadata.revocation_endpoint]
  const host = hostOf(revocation_endpoint)
  return host !== undefined && known.some((each) => hostOf(each) === host)
}

function hostOf(endpoint: string | undefined): string | undefined {
  const url = parseEndpoint(endpoint)
  return typeof url === 'string' ? undefined : url.host
}
