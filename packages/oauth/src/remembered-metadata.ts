import type { Clock } from '@accountry/accounts'
import { parseBody } from './response-body.ts'
import { readServerMetadata, type ServerMetadata } from './server-metadata.ts'

/** A document that was good when it was fetched, kept sealed with an account so that it survives a restart. */
export interface RememberedMetadata {
  readonly metadata: ServerMetadata
  /** Wall clock, epoch milliseconds. */
  readonly at: number
}

/** A copy that is older is replaced at the next chance. */
const RENEW_AFTER_MS = 12 * 3_600_000
/** What renewing and revoking need; the rest of a document would only make every account bigger. */
const KEPT = [
  'issuer',
  'token_endpoint',
  'revocation_endpoint',
  'jwks_uri',
  'id_token_signing_alg_values_supported',
  'token_endpoint_auth_methods_supported',
  'dpop_signing_alg_values_supported',
] as const

/** The document as a field keeps it. */
export function rememberMetadata({ metadata, at }: RememberedMetadata): string {
  const kept = Object.fromEntries(KEPT.map((name) => [name, metadata[name]]))
  return JSON.stringify({ at: Math.floor(at), metadata: kept })
}

/** @returns `undefined` for a field that holds none. */
export function recallMetadata(field: string | undefined): RememberedMetadata | undefined {
  if (field === undefined) return undefined
  const body = parseBody(field, 'application/json')
  if (body.kind !== 'members') return undefined
  const { at, metadata } = body.members as { at?: unknown; metadata?: unknown }
  if (typeof at !== 'number' || typeof metadata !== 'object' || metadata === null) return undefined
  const checked = readServerMetadata(metadata as Record<string, unknown>)
  return typeof checked === 'string' ? undefined : { at, metadata: checked }
}

/** Whether the copy should be written anew, or was never made. */
export function isMetadataDue(remembered: RememberedMetadata | undefined, clock: Clock): boolean {
  return remembered === undefined || Math.abs(clock.now() - remembered.at) > RENEW_AFTER_MS
}
