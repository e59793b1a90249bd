import { project } from '../project.ts'
import { FORMAT } from './schema.ts'

/** Where a sealed record belongs; authenticated with it. */
export interface SealedPlace {
  readonly kind: 'credential' | 'profile' | 'token' | 'session' | 'authenticator'
  /** Account id, or the account type for records of a type. */
  readonly owner: string
  readonly field: string
}

/** Binds format, vault, key, kind, owner and field, so that no ciphertext can be used anywhere else (CR-03). */
export function sealedPlace(vaultId: string, keyId: string, place: SealedPlace): string[] {
  return [`${project.folder}-${FORMAT}`, vaultId, keyId, place.kind, place.owner, place.field]
}
