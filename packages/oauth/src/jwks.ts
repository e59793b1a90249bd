import type { JWK } from 'jose'
import { parseEndpoint } from './endpoint-url.ts'
import { type ExchangeContext, exchange } from './http-exchange.ts'
import { parseBody } from './response-body.ts'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 512 * 1024
/** How long a key set is believed without asking again. */
const FRESH_MS = 600_000
/** How long a known key serves while the server cannot be asked (security.md V-13). */
const STALE_MS = 24 * 3_600_000
/** A flood of tokens with unknown key ids causes one request in this time. */
const COOLDOWN_MS = 30_000
/** A token without key id is tried with this many keys. */
const MAX_CANDIDATES = 5

/** Which key a token claims to be signed with. */
export interface KeyWish {
  readonly kid?: string | undefined
  readonly alg: string
}

/** Remembers the public keys of an issuer. */
export interface KeyCache {
  /**
   * The keys that could have signed the token.
   *
   * @returns An empty list when the server has no such key, `undefined` when the server cannot be asked and no key
   *   that fits is remembered.
   */
  find(jwksUri: string, wish: KeyWish, context: ExchangeContext): Promise<readonly JWK[] | undefined>
}

interface KeySet {
  keys: readonly JWK[]
  fetchedAt: number
  askedAt: number
}

export function createKeyCache(): KeyCache {
  const sets = new Map<string, KeySet>()
  return {
    async find(jwksUri, wish, context) {
      const set = sets.get(jwksUri) ?? {
        keys: [],
        fetchedAt: Number.NEGATIVE_INFINITY,
        askedAt: Number.NEGATIVE_INFINITY,
      }
      sets.set(jwksUri, set)
      const now = context.clock.monotonic()
      const known = matching(set.keys, wish)
      if (known.length > 0 && now - set.fetchedAt < FRESH_MS) return known
      if (now - set.askedAt >= COOLDOWN_MS) {
        set.askedAt = now
        const keys = await fetchKeys(jwksUri, context)
        if (keys !== undefined) {
          set.keys = keys
          set.fetchedAt = now
          return matching(keys, wish)
        }
      }
      if (now - set.fetchedAt < FRESH_MS) return known
      return known.length > 0 && now - set.fetchedAt < STALE_MS ? known : undefined
    },
  }
}

async function fetchKeys(jwksUri: string, context: ExchangeContext): Promise<readonly JWK[] | undefined> {
  const url = parseEndpoint(jwksUri)
  if (typeof url === 'string') return undefined
  const result = await exchange(context, { url, method: 'GET', timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES })
  if (result.kind === 'no-answer' || result.status !== 200) return undefined
  const body = parseBody(result.text, result.headers.get('content-type'))
  if (body.kind !== 'members' || !Array.isArray(body.members['keys'])) return undefined
  return body.members['keys'].filter(isUsable)
}

/** Symmetric keys have no business in a public set, and encryption keys sign nothing. */
function isUsable(value: unknown): value is JWK {
  if (typeof value !== 'object' || value === null) return false
  const { kty, use } = value as JWK
  return typeof kty === 'string' && kty !== 'oct' && (use === undefined || use === 'sig')
}

function matching(keys: readonly JWK[], wish: KeyWish): readonly JWK[] {
  const { kid, alg } = wish
  const fits = (key: JWK): boolean =>
    key.kty === keyTypeOf(alg) && (key.alg === undefined || key.alg === alg) && (kid === undefined || key.kid === kid)
  return keys.filter(fits).slice(0, MAX_CANDIDATES)
}

/** RFC 7518 §6.1. */
function keyTypeOf(alg: string): string {
  if (alg.startsWith('ES')) return 'EC'
  return alg.startsWith('Ed') ? 'OKP' : 'RSA'
}
