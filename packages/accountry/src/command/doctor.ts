import { type AccountError, type AccountInfo, isAccountError, systemClock } from '@accountry/accounts'
import type { Command } from 'commander'
import type { CommandRun } from './command-run.ts'
import type { CommandRuntime } from './command-runtime.ts'
import { compareClocks } from './compare-clocks.ts'
import { diagnose, type Facts, type Finding } from './diagnosis.ts'
import { EXIT_CODES } from './exit-codes.ts'
import { parkedTargets } from './sync-targets.ts'

export function addDoctorCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('doctor')
    .description('look for what is wrong, and say what to do')
    .option('--offline', 'do not compare the clock with the services of the accounts')
    .action(runtime.action(doctor))
}

async function doctor(run: CommandRun, options: { offline?: boolean }): Promise<number> {
  const findings = diagnose(await gatherFacts(run, options.offline === true))
  const ok = findings.every(({ status }) => status !== 'problem')
  run.result({ ok, findings }, findings.map((finding) => describe(run, finding)).join('\n'))
  return ok ? EXIT_CODES.ok : EXIT_CODES.failed
}

async function gatherFacts(run: CommandRun, offline: boolean): Promise<Facts> {
  const base = { command: run.name, nodeVersion: process.versions.node, now: systemClock.now() }
  const nothing = { infos: [], parked: [], clocks: [] }
  try {
    const { accounts, sync } = await run.accountry()
    const health = await accounts.health()
    const infos = await accounts.getAccountInfos()
    const parked = await parkedTargets(accounts, sync)
    const clocks = offline ? [] : await compareClocks(issuersOf(infos), { signal: run.signal })
    return { ...base, health, infos, parked, clocks }
  } catch (error) {
    if (!isAccountError(error)) throw error
    return { ...base, ...nothing, openError: error as AccountError }
  }
}

function issuersOf(infos: readonly AccountInfo[]): string[] {
  return [...new Set(infos.flatMap(({ issuer }) => issuer ?? []))]
}

const MARKS = { ok: '✓', warning: '!', problem: '✗' } as const
const COLOURS = { ok: 'green', warning: 'yellow', problem: 'red' } as const

function describe(run: CommandRun, { status, message, fix }: Finding): string {
  const line = `${run.style(COLOURS[status], MARKS[status])} ${message}`
  return fix === undefined ? line : `${line}\n    ${fix}`
}
