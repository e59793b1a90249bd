import type { AccountError, VaultHealth } from '@accountry/accounts'
import { printable } from '../../terminal/printable.ts'
import { adviceFor } from '../advice.ts'
import type { Facts, Finding } from './finding.ts'
import { judgeKeys } from './judge-keys.ts'

/** Services refuse tokens and proofs when the clocks are further apart than a minute or so. */
const MAX_SKEW_MS = 60_000

const OLDEST_NODE = 24

/** Judges the facts: one finding at least for every area that could be looked at. Pure. */
export function diagnose(facts: Facts): Finding[] {
  return [
    ...runtime(facts),
    ...vault(facts),
    ...judgeKeys(facts),
    ...clock(facts),
    ...accounts(facts),
    ...locks(facts),
    ...sync(facts),
  ]
}

function runtime({ nodeVersion, packages }: Facts): Finding[] {
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1])
  const check = 'runtime'
  const findings: Finding[] = []
  if (!(major >= OLDEST_NODE)) {
    const fix = `Install Node ${OLDEST_NODE} or newer`
    findings.push({ check, status: 'problem', message: `Node ${nodeVersion} is too old`, fix })
  }
  const versions = new Set(Object.values(packages))
  if (versions.size > 1) {
    const list = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
    const message = `The installed packages do not belong together: ${list.join(', ')}`
    findings.push({ check, status: 'problem', message, fix: 'Install the same version of all of them' })
  }
  return findings.length > 0 ? findings : [{ check, status: 'ok', message: `Node ${nodeVersion}` }]
}

function vault({ openError, withoutVault, health, command }: Facts): Finding[] {
  if (withoutVault !== undefined) return noVault(command)
  if (openError !== undefined) {
    const fix = FIXES[openError.code] ?? adviceFor(openError, command)
    const check = openError.code === 'ERR_VAULT_UNAVAILABLE' ? 'key' : 'vault'
    return [{ check, status: 'problem', message: openError.message, ...(fix !== undefined && { fix }) }]
  }
  if (health === undefined) return []
  const where = `${health.accounts} account${health.accounts === 1 ? '' : 's'} in ${health.directory}`
  const problems = ownProblems(health).map(({ code, message, fix }): Finding => {
    // While all is well, what is told is something to know.
    return { check: 'vault', status: health.ok ? 'warning' : 'problem', message: `${message} (${code})`, fix }
  })
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

/** The problems that are not found again with the keys and the locks, where more is known of them. */
function ownProblems({ locked, problems, providers }: VaultHealth): VaultHealth['problems'] {
  const rest = locked ? problems.slice(1) : problems
  return rest.filter(
    ({ code, message }) => code !== 'ERR_LOCK_TIMEOUT' && !providers.some(({ id }) => message.includes(id)),
  )
}

function noVault(command: string): Finding[] {
  const message = 'There is no vault yet: the first app that opens one makes it'
  return [{ check: 'vault', status: 'warning', message, fix: `To look around: ${command} try` }]
}

const FIXES: Partial<Record<AccountError['code'], string>> = {
  ERR_VAULT_UNAVAILABLE:
    'Start the desktop’s keychain (on Linux a Secret Service such as gnome-keyring), or choose another key provider',
  ERR_VAULT_CORRUPT:
    'Restore the vault folder from a backup, or open it with `recover: true`, which sets it aside and starts anew',
  ERR_VAULT_NEWER: 'Update this program: a newer version has changed the vault',
  ERR_LOCK_TIMEOUT: 'Another program holds the vault and does not let go. Close the programs that use it and try again',
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

function locks({ leases, command }: Facts): Finding[] {
  return leases.map(({ accountName, isOwnerAlive, hasIntent }): Finding => {
    const check = 'locks'
    const what = accountName === undefined ? 'a sign-in' : `a token of ${printable(accountName)}`
    if (isOwnerAlive) {
      const fix = 'If it stays so, end that program: the next one takes over at once. Others wait for it meanwhile'
      return { check, status: 'warning', message: `A running program is busy with ${what} for more than 3 s`, fix }
    }
    const fix = hasIntent
      ? `Nothing to do: the next program that needs a token takes over. Whether the answer was lost shows then, or now: ${command} token`
      : 'Nothing to do: the next program takes over'
    return { check, status: 'warning', message: `A program died while it was busy with ${what}`, fix }
  })
}

function sync({ parked, command }: Facts): Finding[] {
  return parked.map(({ accountName, authority }) => ({
    check: 'sync',
    status: 'problem',
    message: `${printable(authority)} of ${printable(accountName)} waits until the account can be used again`,
    fix: `Sign in again: ${command} reauth "${printable(accountName)}"`,
  }))
}
