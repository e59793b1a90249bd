import { isLocalAddress, parseEndpoint } from './endpoint-url.ts'

/**
 * What an authorization server says about itself (RFC 8414 §2, OpenID Connect Discovery §3), reduced to what is used
 * here. The names are the specification's.
 */
export interface ServerMetadata {
  readonly issuer: string
  readonly authorization_endpoint?: string
  readonly token_endpoint?: string
  readonly revocation_endpoint?: string
  readonly userinfo_endpoint?: string
  readonly jwks_uri?: string
  readonly device_authorization_endpoint?: string
  readonly pushed_authorization_request_endpoint?: string
  readonly end_session_endpoint?: string
  readonly require_pushed_authorization_requests?: boolean
  readonly authorization_response_iss_parameter_supported?: boolean
  readonly scopes_supported?: readonly string[]
  readonly grant_types_supported?: readonly string[]
  readonly code_challenge_methods_supported?: readonly string[]
  readonly token_endpoint_auth_methods_supported?: readonly string[]
  readonly id_token_signing_alg_values_supported?: readonly string[]
  readonly dpop_signing_alg_values_supported?: readonly string[]
}

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'device_authorization_endpoint',
  'pushed_authorization_request_endpoint',
  'end_session_endpoint',
] as const

const LISTS = [
  'scopes_supported',
  'grant_types_supported',
  'code_challenge_methods_supported',
  'token_endpoint_auth_methods_supported',
  'id_token_signing_alg_values_supported',
  'dpop_signing_alg_values_supported',
] as const

const FLAGS = ['require_pushed_authorization_requests', 'authorization_response_iss_parameter_supported'] as const

/**
 * Takes over what is used of a metadata document, after checking every endpoint in it.
 *
 * @param author Who wrote it: of a server outside no endpoint may lie inside a local network; a developer knows their own.
 * @returns The metadata, or what is wrong with it, in words that can follow "the metadata of …".
 */
export function readServerMetadata(
  document: Readonly<Record<string, unknown>>,
  author: 'server' | 'developer' = 'server',
): ServerMetadata | string {
  const { issuer } = document as { issuer?: unknown }
  const issuerUrl = parseEndpoint(issuer)
  if (typeof issuer !== 'string' || typeof issuerUrl === 'string') return `names an issuer that ${issuerUrl}`
  const mayBeLocal = author === 'developer' || isLocalAddress(issuerUrl.hostname)
  const metadata: Record<string, unknown> = { issuer }
  for (const name of ENDPOINTS) {
    const value = document[name]
    if (value === undefined || value === null) continue
    const url = parseEndpoint(value)
    if (typeof url === 'string') return `has a ${name} that ${url}`
    if (!mayBeLocal && isLocalAddress(url.hostname)) {
      return `has a ${name} inside a local network, while its issuer is outside`
    }
    metadata[name] = value
  }
  for (const name of LISTS) {
    const value = document[name]
    if (Array.isArray(value)) metadata[name] = value.filter((entry) => typeof entry === 'string')
  }
  for (const name of FLAGS) if (document[name] === true) metadata[name] = true
  return metadata as unknown as ServerMetadata
}
