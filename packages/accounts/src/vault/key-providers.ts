import { kindOf } from '../account.ts'
import { checkOneOf, checkText } from '../arguments/checks.ts'
import type { KeyProvider } from '../key-provider.ts'

const PROTECTIONS = ['os-acl', 'os-user', 'passphrase', 'none']

/** One recipient of the vault: the providers among which the first usable one is taken. */
export type Recipient = readonly KeyProvider[]

/**
 * Checks the `keyProvider` option and resolves ladders.
 *
 * @throws TypeError for anything that is no provider, for none, and for two with one id.
 */
export function recipientsOf(option: unknown): Recipient[] {
  const list = Array.isArray(option) ? option : [option]
  if (list.length === 0) throw new TypeError('keyProvider must name at least one provider, received an empty array')
  const recipients = list.map((provider) => rungsOf(checkedProvider(provider)))
  const seen = new Set<string>()
  for (const { id } of recipients.flat()) {
    if (seen.has(id)) throw new TypeError(`keyProvider has two providers with the id "${id}"`)
    seen.add(id)
  }
  return recipients
}

function rungsOf(provider: KeyProvider): KeyProvider[] {
  const ladder = provider.kind === 'store' ? provider.ladder : undefined
  if (ladder === undefined) return [provider]
  if (!Array.isArray(ladder) || ladder.length === 0) {
    throw new TypeError(`keyProvider.ladder must be an array of KeyProviders, received ${kindOf(ladder)}`)
  }
  return ladder.flatMap((rung) => rungsOf(checkedProvider(rung)))
}

export function checkedProvider(value: unknown): KeyProvider {
  const provider = value as Partial<KeyProvider> | null | undefined
  const hasMethods =
    typeof provider === 'object' && provider !== null && (isStore(provider) || isWrap(provider)) && isId(provider.id)
  if (!hasMethods) throw new TypeError(`keyProvider must be a KeyProvider, received ${kindOf(value)}`)
  checkText(provider.protection, 'keyProvider.protection')
  checkOneOf(provider.protection, 'keyProvider.protection', PROTECTIONS)
  return provider as KeyProvider
}

function isId(id: unknown): boolean {
  return typeof id === 'string' && id !== ''
}

function isStore(provider: Partial<KeyProvider>): boolean {
  if (provider.kind !== 'store') return false
  return [provider.load, provider.store, provider.delete].every((method) => typeof method === 'function')
}

function isWrap(provider: Partial<KeyProvider>): boolean {
  return provider.kind === 'wrap' && typeof provider.wrap === 'function' && typeof provider.unwrap === 'function'
}
