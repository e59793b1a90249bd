import type { Command } from 'commander'
import type { CommandRun } from '../command-run.ts'
import type { CommandRuntime } from '../command-runtime.ts'
import { EXIT_CODES } from '../exit-codes.ts'
import { diagnose } from './diagnosis.ts'
import type { Finding } from './finding.ts'
import { gatherFacts } from './gather-facts.ts'

const WHAT_COUNTS = `
Ends with 1 when there is a problem (✗). A warning (!) is something to know, and is no failure.
The services of the accounts are asked for the time, and told nothing about any account; --offline asks nobody.`

export function addDoctorCommand(program: Command, runtime: CommandRuntime): void {
  program
    .command('doctor')
    .description('look for what is wrong, and say what to do')
    .option('--offline', 'do not compare the clock with the services of the accounts')
    .addHelpText('after', WHAT_COUNTS)
    .action(runtime.action(doctor))
}

async function doctor(run: CommandRun, options: { offline?: boolean }): Promise<number> {
  const findings = diagnose(await gatherFacts(run, options.offline === true))
  const ok = findings.every(({ status }) => status !== 'problem')
  run.result({ ok, findings }, findings.map((finding) => describe(run, finding)).join('\n'))
  return ok ? EXIT_CODES.ok : EXIT_CODES.failed
}

const MARKS = { ok: '✓', warning: '!', problem: '✗' } as const
const COLOURS = { ok: 'green', warning: 'yellow', problem: 'red' } as const

function describe(run: CommandRun, { status, message, fix }: Finding): string {
  const line = `${run.style(COLOURS[status], MARKS[status])} ${message}`
  return fix === undefined ? line : `${line}\n    ${fix}`
}
