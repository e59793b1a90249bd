import type { KeyProviderInfo, VaultHealth } from '@accountry/accounts'
import type { Facts, Finding } from './finding.ts'

/** Who guards the vault's key, how well, and why it cannot be had. Pure. */
export function judgeKeys({ health, keys, withoutVault }: Facts): Finding[] {
  if (withoutVault !== undefined) return [withoutKeychain(withoutVault.keychain)]
  if (health === undefined) return []
  const isGiven = new Map(keys.map((key) => [key.id, key.isGiven]))
  const findings = health.providers.map((provider) => judged(provider, health, isGiven.get(provider.id) !== false))
  if (!health.locked) return findings
  const fix = 'Unlock it and try again. Nothing is lost: accounts can be listed and removed meanwhile'
  return [...findings, { check: 'key', status: 'problem', message: 'The vault is locked', fix }]
}

type Provider = VaultHealth['providers'][number]

function judged(provider: Provider, health: VaultHealth, isGiven: boolean): Finding {
  const { id, protection, usable, why } = provider
  if (protection === 'none' && (usable || !health.locked)) return inPlainSight(id)
  if (usable) return { check: 'key', status: 'ok', message: `Key guarded by ${id} (${protection})` }
  if (!health.locked && !isGiven) {
    return { check: 'key', status: 'ok', message: `Key guarded by ${id} (${protection}), not asked` }
  }
  if (!isGiven) {
    const fix = 'Only the app that made the vault can open it with that'
    return {
      check: 'key',
      status: 'problem',
      message: `The key is guarded by ${id}, which this program cannot ask`,
      fix,
    }
  }
  const message = `The key guarded by ${id} cannot be read: ${why ?? 'no reason was given'}`
  const status = health.locked ? 'problem' : 'warning'
  return { check: 'key', status, message, fix: fixFor(id, health) }
}

function inPlainSight(id: KeyProviderInfo['id']): Finding {
  return {
    check: 'key',
    status: 'warning',
    message: `${id} keeps the key in plain sight: whoever can read your files can read the tokens`,
    fix: 'Where there is an OS keychain, the app can add it (or a passphrase) as a key provider and remove this one',
  }
}

function withoutKeychain(trouble: string | undefined): Finding {
  if (trouble === undefined) return { check: 'key', status: 'ok', message: 'The OS keychain can keep a key' }
  return {
    check: 'key',
    status: 'warning',
    message: `The OS keychain can keep no key now: ${trouble}`,
    fix: 'Start or unlock it, or let the app use another key provider (a passphrase, an environment variable, a file)',
  }
}

function fixFor(id: string, { problems: [problem] }: VaultHealth): string {
  if (id === 'passphrase') return 'Run the command at a terminal and type it there'
  return problem?.fix ?? 'Unlock the keychain, or start it, and try again'
}
