import {
  AccountError,
  type KeyOutcome,
  type KeyProtection,
  type KeyProvider,
  type StoreKeyProvider,
} from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'

/**
 * A ladder of providers, best first, of which a new vault takes the first one that works.
 *
 * The vault records which one it was, and only that one opens it from then on: when it is missing later, the vault is
 * locked or its key lost, and no other rung is tried in its place. A rung that is only locked is not passed over.
 * Ladders in the list are flattened. The protection reported here is that of the weakest rung.
 *
 * > [!WARNING]\
 * > The ladder itself keeps no key: `load`, `store` and `delete` reject `ERR_UNSUPPORTED`. Give it to
 * > `AccountManager.open` as `keyProvider`.
 *
 * @throws TypeError for an empty list, for what is no provider, and for two with one id.
 */
export function firstAvailable(providers: readonly KeyProvider[]): StoreKeyProvider {
  if (!Array.isArray(providers)) throw new TypeError(`providers must be an array, received ${kindOf(providers)}`)
  const rungs = (providers as readonly KeyProvider[]).flatMap(rungsOf)
  if (rungs.length === 0) throw new TypeError('providers must name at least one key provider, received an empty array')
  const ids = rungs.map((rung) => rung.id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new TypeError(`providers has two key providers with the id "${twice}"`)
  return new Ladder(rungs)
}

class Ladder implements StoreKeyProvider {
  readonly id = 'first-available'
  readonly kind = 'store'
  readonly protection: KeyProtection
  readonly ladder: readonly KeyProvider[]

  constructor(rungs: readonly KeyProvider[]) {
    this.ladder = Object.freeze([...rungs])
    this.protection = WEAKEST_FIRST.find((level) => rungs.some((rung) => rung.protection === level)) ?? 'none'
  }

  load(): Promise<KeyOutcome> {
    return Promise.reject(noKeyOfItsOwn())
  }

  store(): Promise<void> {
    return Promise.reject(noKeyOfItsOwn())
  }

  delete(): Promise<void> {
    return Promise.reject(noKeyOfItsOwn())
  }
}

const WEAKEST_FIRST: readonly KeyProtection[] = ['none', 'passphrase', 'os-user', 'os-acl']

function rungsOf(value: unknown): readonly KeyProvider[] {
  const provider = value as Partial<StoreKeyProvider> | null | undefined
  const isProvider = typeof provider === 'object' && provider !== null && typeof provider.id === 'string'
  if (!isProvider) throw new TypeError(`providers must hold key providers, received ${kindOf(value)}`)
  return provider.ladder?.flatMap(rungsOf) ?? [provider as KeyProvider]
}

function noKeyOfItsOwn(): AccountError {
  return new AccountError(
    'ERR_UNSUPPORTED',
    'firstAvailable keeps no key itself: a vault chooses one of its providers. Give it to AccountManager.open as keyProvider',
    { action: 'contact-developer' },
  )
}
