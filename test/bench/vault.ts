import { type Account, AccountManager, type Authenticator } from '@accountry/accounts'
import { environmentKey } from '@accountry/keychain'
import { CompactEncrypt } from 'jose'

export const TYPE = 'com.example'
export const TOKEN_TYPE = 'tasks'
/** The harness sets it to a key of the run, for every process that it starts. */
export const KEY_VARIABLE = 'BENCH_VAULT_KEY'

const HOUR_MS = 3_600_000
/** As many as fit into one export. */
const MOST_AT_ONCE = 10_000

export interface BenchVaultOptions {
  readonly authenticators?: readonly Authenticator[]
}

/** Opens a vault of the benchmarks, with the key of the run. */
export function openBenchVault(directory: string, options: BenchVaultOptions = {}): Promise<AccountManager> {
  return AccountManager.open({
    app: { id: 'com.example.bench' },
    directory,
    keyProvider: environmentKey({ variable: KEY_VARIABLE }),
    authenticators: options.authenticators ?? [promptAuthenticator()],
  })
}

/** An authenticator whose service answers at once. */
export function promptAuthenticator(type: string = TYPE): Authenticator {
  let issued = 0
  return {
    description: { type, label: 'Example', tokenTypes: { [TOKEN_TYPE]: { scopes: ['tasks.read'] } } },
    addAccount: () => Promise.reject(new Error('nobody signs in here')),
    getAuthToken: () => {
      issued += 1
      return Promise.resolve({ value: `issued-${issued}`, expiresAt: Date.now() + HOUR_MS })
    },
  }
}

/**
 * Adds accounts `from` to `to`, each with a refresh token and an access token.
 *
 * As imports: one transaction for thousands, where adding them one by one would sync the disk for each.
 */
export async function addAccounts(manager: AccountManager, from: number, to: number, type = TYPE): Promise<Account[]> {
  const added: Account[] = []
  const key = crypto.getRandomValues(new Uint8Array(32))
  for (let first = from; first < to; first += MOST_AT_ONCE) {
    const count = Math.min(MOST_AT_ONCE, to - first)
    const accounts = Array.from({ length: count }, (_, index) => exportedAccount(type, first + index))
    const result = await manager.import(await encrypted({ format: 1, exportedAt: Date.now(), accounts }, key), { key })
    added.push(...result.added)
  }
  return added
}

function exportedAccount(type: string, number: number): object {
  return {
    type,
    name: `user${number}@example.com`,
    generation: 1,
    password: `refresh-token-${number}`,
    tokens: {
      [TOKEN_TYPE]: { value: `access-token-${number}`, expiresAt: Date.now() + HOUR_MS, scopes: ['tasks.read'] },
    },
  }
}

/** The form of an export: a JWE with direct encryption (RFC 7516). */
async function encrypted(payload: object, key: Uint8Array): Promise<string> {
  return await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'json' })
    .encrypt(key)
}
