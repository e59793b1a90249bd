import { type ClientRejection, createClientRejection } from './client-rejection.ts'
import { type Discovery, discoverMetadata, fixedMetadata } from './discovery.ts'
import { createNonceMemory, type NonceMemory } from './dpop.ts'
import { createKeyCache, type KeyCache } from './jwks.ts'
import { createServerClock, type ServerClock } from './server-clock.ts'
import type { Settings } from './settings.ts'

/** One client of one service, with what it has learned about that service. Shared by all accounts of the type. */
export interface OAuthClient {
  readonly settings: Settings
  readonly discovery: Discovery
  readonly keys: KeyCache
  readonly serverClock: ServerClock
  readonly nonces: NonceMemory
  readonly rejection: ClientRejection
}

export function createOAuthClient(settings: Settings): OAuthClient {
  return {
    settings,
    discovery: settings.metadata === undefined ? discoverMetadata(settings) : fixedMetadata(settings.metadata),
    keys: createKeyCache(),
    serverClock: createServerClock(),
    nonces: createNonceMemory(),
    rejection: createClientRejection(),
  }
}
