import type { Credential } from '@accountry/accounts'
import { splitScopes } from './token-response.ts'

/**
 * What is kept sealed beside the refresh token. Written by a sign-in, changed by refreshes, read by both.
 *
 * Values are strings, because that is what the vault keeps.
 */
export interface CredentialFields {
  /** Scopes that the person was asked for and did not allow. */
  readonly refusedScopes?: string | undefined
  /** Scopes that were granted, as far as the server said. */
  readonly grantedScopes?: string | undefined
  /** Resources that the sign-in asked for, separated by spaces (RFC 8707). */
  readonly resources?: string | undefined
  /** Where the refresh token was used last: it is not sent to another host without the person's consent. */
  readonly tokenEndpoint?: string | undefined
  /** What the server said about itself, for a start while it says nothing; see `remembered-metadata.ts`. */
  readonly metadata?: string | undefined
  /** `access_token`: the server issued no refresh token, and the password is the access token itself. */
  readonly passwordKind?: string | undefined
  /** The name under which the service knows the person; the account may be called otherwise by now. */
  readonly loginName?: string | undefined
  /** Present once the service has replaced the refresh token at its use. */
  readonly rotates?: string | undefined
  /** Answers that could not be used, and until when nobody asks again; see `unusable-answer.ts`. */
  readonly unusableAnswers?: string | undefined
  /** The authentication scheme of a password that is an access token. */
  readonly passwordScheme?: string | undefined
  /** When the password ends, epoch milliseconds, where the service says so. */
  readonly passwordExpiresAt?: string | undefined
  /** The private key to which the refresh token may be bound (RFC 9449). */
  readonly dpopKey?: string | undefined
  /** The issuer of the account's ID tokens, which may be the one of a tenant. */
  readonly identityIssuer?: string | undefined
  /** The nonce of the sign-in; a refreshed ID token may repeat it and no other. */
  readonly nonce?: string | undefined
  /** `auth_time` of the sign-in. */
  readonly authTime?: string | undefined
}

/** Scopes kept in a field. */
export function scopesIn(value: string | undefined): readonly string[] {
  return value === undefined ? [] : splitScopes(value)
}

/** A number kept in a field. */
export function numberIn(value: string | undefined): number | undefined {
  const number = value === undefined || value === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** An instant, as a field keeps it. */
export function endOf(lifetimeS: number | undefined, startedAt: number): string | undefined {
  return lifetimeS === undefined ? undefined : String(Math.floor(startedAt + lifetimeS * 1000))
}

/** The fields of a credential, by their names. */
export function fieldsOf(credential: Pick<Credential, 'fields'>): CredentialFields {
  return credential.fields
}

/** Fields that have a value, as a new account takes them. */
export function storedFields(fields: CredentialFields): Record<string, string> {
  const stored: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) if (typeof value === 'string') stored[name] = value
  return stored
}
