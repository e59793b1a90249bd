import type { AccountError, AccountInfo, VaultHealth } from '@accountry/accounts'
import { printable } from '../terminal/printable.ts'
import { adviceFor } from './advice.ts'

/** One thing that `doctor` looked at. */
export interface Finding {
  readonly check: 'runtime' | 'vault' | 'key' | 'clock' | 'accounts' | 'sync'
  readonly status: 'ok' | 'warning' | 'problem'
  readonly message: string
  /** What to do about it. */
  readonly fix?: string
}

/** How far this machine's clock is from that of a service, in milliseconds; positive when it is ahead. */
export interface ClockComparison {
  readonly host: string
  readonly skewMs: number
}

/** An authority of an account that waits for the account to recover. */
export interface ParkedSync {
  readonly accountName: string
  readonly authority: string
}

/** Everything `doctor` found out, before it is judged. */
export interface Facts {
  /** Name of the command, for the advice. */
  readonly command: string
  readonly nodeVersion: string
  readonly now: number
  /** Why the vault did not open. */
  readonly openError?: AccountError
  readonly health?: VaultHealth
  readonly infos: readonly AccountInfo[]
  readonly parked: readonly ParkedSync[]
  readonly clocks: readonly ClockComparison[]
}

/** Services refuse tokens and proofs when the clocks are further apart than a minute or so. */
const MAX_SKEW_MS = 60_000

const OLDEST_NODE = 24

/** Judges the facts: one finding at least for every area that could be looked at. Pure. */
export function diagnose(facts: Facts): Finding[] {
  return [runtime(facts), ...vault(facts), ...key(facts), ...clock(facts), ...accounts(facts), ...sync(facts)]
}

function runtime({ nodeVersion }: Facts): Finding {
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1])
  if (major >= OLDEST_NODE) return { check: 'runtime', status: 'ok', message: `Node ${nodeVersion}` }
  return {
    check: 'runtime',
    status: 'problem',
    message: `Node ${nodeVersion} is too old`,
    fix: `Install Node ${OLDEST_NODE} or newer`,
  }
}

function vault({ openError, health, command }: Facts): Finding[] {
  if (openError !== undefined) {
    const fix = FIXES[openError.code] ?? adviceFor(openError, command)
    const check = openError.code === 'ERR_VAULT_UNAVAILABLE' ? 'key' : 'vault'
    return [{ check, status: 'problem', message: openError.message, ...(fix !== undefined && { fix }) }]
  }
  if (health === undefined) return []
  const where = `${health.accounts} account${health.accounts === 1 ? '' : 's'} in ${health.directory}`
  const problems = health.problems.map(
    ({ code, message, fix }): Finding => ({ check: 'vault', status: 'problem', message: `${message} (${code})`, fix }),
  )
  if (health.persistence === 'memory') {
    problems.push({
      check: 'vault',
      status: 'warning',
      message: 'Nothing is kept on disk: the accounts are gone when the last program closes',
      fix: 'Use a key provider that lasts, such as the OS keychain',
    })
  }
  return problems.length > 0 ? problems : [{ check: 'vault', status: 'ok', message: where }]
}

const FIXES: Partial<Record<AccountError['code'], string>> = {
  ERR_VAULT_UNAVAILABLE:
    'Start the desktop’s keychain (on Linux a Secret Service such as gnome-keyring), or choose another key provider',
  ERR_VAULT_CORRUPT:
    'Restore the vault folder from a backup, or open it with `recover: true`, which sets it aside and starts anew',
  ERR_VAULT_NEWER: 'Update this program: a newer version has changed the vault',
  ERR_LOCK_TIMEOUT: 'Another program holds the vault and does not let go. Close the programs that use it and try again',
}

function key({ health }: Facts): Finding[] {
  if (health === undefined) return []
  const findings = health.providers.map(
    ({ id, protection, usable, why }): Finding =>
      usable
        ? guarded(id, protection)
        : {
            check: 'key',
            status: health.locked ? 'problem' : 'warning',
            message: `The key guarded by ${id} cannot be read: ${why ?? 'no reason was given'}`,
            fix: 'Unlock the keychain, or start it; on a server choose another key provider',
          },
  )
  if (!health.locked) return findings
  const fix = 'Unlock the keychain and try again. Nothing is lost: accounts can be listed and removed meanwhile'
  return [...findings, { check: 'key', status: 'problem', message: 'The vault is locked', fix }]
}

function guarded(id: string, protection: VaultHealth['providers'][number]['protection']): Finding {
  if (protection !== 'none') return { check: 'key', status: 'ok', message: `Key guarded by ${id} (${protection})` }
  return {
    check: 'key',
    status: 'warning',
    message: `${id} keeps the key in plain sight: whoever can read your files can read the tokens`,
    fix: 'Add the OS keychain or a passphrase as a key provider and remove this one',
  }
}

function clock({ infos, clocks, now }: Facts): Finding[] {
  const future = infos.find(({ createdAt }) => createdAt > now + MAX_SKEW_MS)
  if (future !== undefined) {
    const name = printable(future.account.name)
    return [
      { check: 'clock', status: 'problem', message: `${name} was added in the future, by this clock`, fix: SET_CLOCK },
    ]
  }
  return clocks.map(({ host, skewMs }): Finding => {
    const seconds = Math.round(Math.abs(skewMs) / 1000)
    if (Math.abs(skewMs) <= MAX_SKEW_MS) {
      return { check: 'clock', status: 'ok', message: `The clock agrees with ${host} within ${Math.max(seconds, 1)} s` }
    }
    const direction = skewMs > 0 ? 'ahead of' : 'behind'
    return {
      check: 'clock',
      status: 'problem',
      message: `The clock is ${seconds} s ${direction} ${host}`,
      fix: SET_CLOCK,
    }
  })
}

const SET_CLOCK = 'Set the clock of this machine, best automatically'

function accounts({ infos, command, now }: Facts): Finding[] {
  const findings = infos.flatMap(({ account, state, reason, retryAt }): Finding[] => {
    if (state === 'ok') return []
    const name = printable(account.name)
    const why = reason === undefined ? '' : ` (${printable(reason)})`
    const message = `${name} is ${state}${why}`
    if (state === 'misconfigured') {
      return [
        {
          check: 'accounts',
          status: 'problem',
          message,
          fix: 'Tell the developer of the app: its registration with the service is wrong',
        },
      ]
    }
    if (state === 'degraded') {
      const seconds = retryAt === undefined ? 0 : Math.max(0, Math.round((retryAt - now) / 1000))
      const fix = seconds > 0 ? `It is tried again in ${seconds} s` : 'It is tried again with the next request'
      return [{ check: 'accounts', status: 'warning', message, fix }]
    }
    if (state === 'orphaned') {
      return [{ check: 'accounts', status: 'ok', message: `${name} belongs to apps that are not running here` }]
    }
    return [{ check: 'accounts', status: 'problem', message, fix: `Sign in again: ${command} reauth "${name}"` }]
  })
  if (findings.length > 0 || infos.length === 0) return findings
  return [{ check: 'accounts', status: 'ok', message: 'Every account is ready' }]
}

function sync({ parked, command }: Facts): Finding[] {
  return parked.map(({ accountName, authority }) => ({
    check: 'sync',
    status: 'problem',
    message: `${printable(authority)} of ${printable(accountName)} waits until the account can be used again`,
    fix: `Sign in again: ${command} reauth "${printable(accountName)}"`,
  }))
}
