import type { JWK } from 'jose'
import { parseEndpoint } from './endpoint-url.ts'
import { type ExchangeContext, exchange } from './http-exchange.ts'
import { parseBody } from './response-body.ts'
import { startStopwatch } from './stopwatch.ts'

const TIMEOUT_MS = 5_000
const MAX_BYTES = 512 * 1024
/** How long a key set is believed without asking again. */
const FRESH_MS = 600_000
/** How long a known key serves while the server cannot be asked (docs/requirements.md V-13). */
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

/** The keys of one issuer and what is known about their age. */
class KeySet {
  keys: readonly JWK[] = []
  /** Since the keys were fetched. */
  ageMs: () => number = never
  /** Since the server was last asked, with or without success. */
  askedMs: () => number = never
  /** The request that is under way; everybody waits for the same one. */
  asking: Promise<void> | undefined
}

/** The age of what never happened. */
function never(): number {
  return Number.POSITIVE_INFINITY
}

export function createKeyCache(): KeyCache {
  const sets = new Map<string, KeySet>()
  return {
    async find(jwksUri, wish, context) {
      const set = sets.get(jwksUri) ?? new KeySet()
      sets.set(jwksUri, set)
      const known = matching(set.keys, wish)
      if (known.length > 0 && set.ageMs() < FRESH_MS) return known
      await ask(set, jwksUri, context)
      const found = matching(set.keys, wish)
      if (set.ageMs() < FRESH_MS) return found
      return found.length > 0 && set.ageMs() < STALE_MS ? found : undefined
    },
  }
}

/** Asks the server again, unless it was asked a moment ago. */
async function ask(set: KeySet, jwksUri: string, context: ExchangeContext): Promise<void> {
  // Somebody else's request may end because that caller gave up; then this one asks for itself.
  while (set.asking !== undefined) await set.asking.catch(() => undefined)
  if (set.askedMs() < COOLDOWN_MS) return
  const startedMs = startStopwatch(context.clock)
  set.asking = fetchKeys(jwksUri, context).then((keys) => {
    set.askedMs = startedMs
    if (keys === undefined) return
    set.keys = keys
    set.ageMs = startedMs
  })
  try {
    await set.asking
  } finally {
    set.asking = undefined
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
    isKeyFor(key, alg) && (key.alg === undefined || key.alg === alg) && (kid === undefined || key.kid === kid)
  return keys.filter(fits).slice(0, MAX_CANDIDATES)
}

const CURVES: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

/** Whether a key can have made a signature of that kind (RFC 7518 §3.1, RFC 8037 §2). */
function isKeyFor({ kty, crv }: JWK, alg: string): boolean {
  const curve = CURVES[alg]
  if (curve !== undefined) return kty === 'EC' && crv === curve
  if (alg.startsWith('Ed')) return kty === 'OKP' && crv === 'Ed25519'
  return kty === 'RSA'
}
