import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Account, type AccountError, type AccountInfo, isAccountError, systemClock } from '@accountry/accounts'
import { readHeldLeases } from '@accountry/accounts/foundation'
import { osKeychain } from '@accountry/keychain'
import type { Accountry } from '../../accountry.ts'
import type { CommandRun } from '../command-run.ts'
import { NoVaultError } from '../exit-codes.ts'
import { parkedTargets } from '../sync-targets.ts'
import { compareClocks } from './compare-clocks.ts'
import type { Facts, SuspectLease } from './finding.ts'

/** Released together, so that they have one version. */
const PACKAGES = ['accounts', 'http', 'keychain', 'oauth', 'settings', 'sync'].map((name) => `@accountry/${name}`)
/** A renewal that goes well takes a second or two. */
const LONG_FOR_A_LEASE_MS = 3_000

/** Looks at everything that can go wrong, and changes nothing. */
export async function gatherFacts(run: CommandRun, offline: boolean): Promise<Facts> {
  const { node: nodeVersion } = process.versions
  const base = { command: run.name, nodeVersion, packages: packageVersions(), now: systemClock.now() }
  const nothing = { keys: [], infos: [], leases: [], parked: [], clocks: [] }
  try {
    return { ...base, ...(await factsOf(run, await run.accountry(), offline)) }
  } catch (error) {
    if (error instanceof NoVaultError)
      return { ...base, ...nothing, withoutVault: { keychain: await keychainTrouble() } }
    if (!isAccountError(error)) throw error
    return { ...base, ...nothing, openError: error as AccountError }
  }
}

type VaultFacts = Pick<Facts, 'health' | 'keys' | 'infos' | 'leases' | 'parked' | 'clocks'>

async function factsOf(run: CommandRun, { accounts, sync }: Accountry, offline: boolean): Promise<VaultFacts> {
  const health = await accounts.health()
  const infos = await accounts.getAccountInfos()
  return {
    health,
    keys: await accounts.getKeyProviders(),
    infos,
    leases: await suspectLeases(run, health.directory, infos),
    parked: await parkedTargets(accounts, sync),
    clocks: offline ? [] : await compareClocks(issuersOf(infos), { signal: run.signal }),
  }
}

function issuersOf(infos: readonly AccountInfo[]): string[] {
  return [...new Set(infos.flatMap(({ issuer }) => issuer ?? []))]
}

async function suspectLeases(
  run: CommandRun,
  directory: string,
  infos: readonly AccountInfo[],
): Promise<SuspectLease[]> {
  const names = new Map(infos.map(({ account }): [string, Account] => [`account:${account.id}`, account]))
  const first = await readHeldLeases(directory)
  const dead = first.filter(({ isOwnerAlive }) => !isOwnerAlive)
  const tickets = new Set(first.filter(({ isOwnerAlive }) => isOwnerAlive).map(({ ticket }) => ticket))
  if (tickets.size > 0) {
    run.note('A program is renewing a token; looking whether it gets on …')
    await pause(LONG_FOR_A_LEASE_MS, undefined, { signal: run.signal })
  }
  const slow = tickets.size === 0 ? [] : (await readHeldLeases(directory)).filter(({ ticket }) => tickets.has(ticket))
  return [...dead, ...slow].map((lease) => {
    const accountName = names.get(lease.resource)?.name
    return { ...lease, ...(accountName !== undefined && { accountName }) }
  })
}

/** Why the OS keychain could keep no key, if it could not. Asks it for a key that nobody has stored; no prompt. */
async function keychainTrouble(): Promise<string | undefined> {
  try {
    const outcome = await osKeychain().load('doctor', { interaction: 'never' })
    return outcome.kind === 'found' || outcome.kind === 'absent' ? undefined : outcome.why
  } catch (error) {
    if (isAccountError(error)) return error.message
    throw error
  }
}

/** What can be found of the packages that this one works with; in a bundle of an app there may be none. */
function packageVersions(): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of PACKAGES) {
    try {
      const file = fileURLToPath(import.meta.resolve(`${name}/package.json`))
      found[name] = String(JSON.parse(readFileSync(file, 'utf8')).version)
    } catch {
      // Not there as a package: then it cannot be the wrong one.
    }
  }
  return found
}
