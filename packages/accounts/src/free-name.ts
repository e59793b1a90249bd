import { checkedName, MAX_NAME_BYTES } from './account.ts'
import type { NewAccount } from './authenticator.ts'

const TENANT_CLAIMS = ['hd', 'tenant', 'tid', 'org_name', 'org_id']

/**
 * Two identities with one name: the later gets its tenant, its subject or a number in brackets. What the service says
 * of a tenant is a name only if every rule of names lets it be one.
 */
export function freeName(fresh: NewAccount, isTaken: (name: string) => boolean): string {
  if (!isTaken(fresh.name)) return fresh.name
  for (const hint of [tenantOf(fresh), fresh.subject]) {
    const name = hint === undefined ? undefined : usable(`${fresh.name} (${hint})`)
    if (name !== undefined && !isTaken(name)) return name
  }
  for (let number = 2; ; number++) {
    const name = withSuffix(fresh.name, ` (${number})`)
    if (!isTaken(name)) return name
  }
}

function tenantOf(fresh: NewAccount): string | undefined {
  const claims = fresh.claims ?? {}
  for (const key of TENANT_CLAIMS) {
    const value = claims[key]
    if (typeof value === 'string' && value !== '') return value
  }
  return fresh.issuer === undefined ? undefined : URL.parse(fresh.issuer)?.host
}

function usable(name: string): string | undefined {
  try {
    return checkedName(name, 'name')
  } catch {
    return undefined
  }
}

/** A name that is as long as names may be gives some of its end. */
function withSuffix(name: string, suffix: string): string {
  const characters = [...name]
  while (Buffer.byteLength(characters.join('') + suffix) > MAX_NAME_BYTES) characters.pop()
  return characters.join('') + suffix
}
