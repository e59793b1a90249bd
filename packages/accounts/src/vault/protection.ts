import type { KeyProtection } from '../key-provider.ts'

const RANK: Readonly<Record<KeyProtection, number>> = { none: 0, passphrase: 1, 'os-user': 2, 'os-acl': 3 }

/** Whether `protection` guards at least as well as `least`. Order: none, passphrase, os-user, os-acl. */
export function isAtLeast(protection: KeyProtection, least: KeyProtection | undefined): boolean {
  return least === undefined || RANK[protection] >= RANK[least]
}
