import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { startProcess } from '../process/test-process.ts'
import type { FileScanJob } from '../scan-files-main.ts'
import { type CanaryFinding, findIn, type Needle, needleFor } from './needles.ts'
import { piecesOf } from './value-scan.ts'

/** A process whose output, command line and environment are looked through. */
export interface ScannedProcess {
  readonly pid?: number
  readonly stdout: string
  readonly stderr: string
}

/** What is looked through. Names given in records show in the findings. */
export interface ScanTargets {
  /** Folders, with everything below them, and files; `-wal` and `-shm` lie beside the database. */
  readonly directories?: readonly string[]
  /** Logs, outputs, transcripts. */
  readonly texts?: readonly string[] | Readonly<Record<string, string>>
  /** Errors, events, anything that may be printed, serialised or sent. */
  readonly values?: readonly unknown[] | Readonly<Record<string, unknown>>
  /** Command line and environment are seen on Linux, and while the process runs. */
  readonly processes?: readonly ScannedProcess[]
}

const SHORTEST_SECRET = 12
const CUT_SHORT = 'a canary that was cut short'

/**
 * Secrets that can be recognised wherever they turn up, in whatever form: like the canary in the mine.
 *
 * @example
 * ```ts
 * const canaries = createCanaries()
 * await manager.setPassword(account, canaries.canary('refresh token'))
 * await canaries.expectNoCanary({ directories: [manager.directory], texts: log, values: [error] })
 * ```
 */
export class Canaries {
  readonly #run = `cnry_${randomBytes(6).toString('hex')}_`
  readonly #secrets = new Map<string, string>()

  /** A secret with a marker in it; the same for the same label. Valid as a password, a token and in a header. */
  canary(label: string): string {
    const marker = this.#secrets.get(label) ?? this.#newMarker(label)
    this.#secrets.set(label, marker)
    // Twice: one copy may lie across the border of two pages of a database.
    return `${marker}~${marker}`
  }

  /** Looks out for a secret that somebody else made, e.g. a token of a server. At least 12 characters. */
  adopt(label: string, secret: string): void {
    if (secret.length < SHORTEST_SECRET) {
      throw new RangeError(`secret must have ${SHORTEST_SECRET} characters or more: a shorter one is found by chance`)
    }
    this.#secrets.set(label, secret)
  }

  /** Every place where a secret is, each form once. Files are read by another process, never by this one. */
  async scan(targets: ScanTargets): Promise<CanaryFinding[]> {
    const needles = this.#needles()
    const findings = [
      ...(await this.#scanFiles(targets.directories ?? [], needles)),
      ...named(targets.texts, 'text').flatMap(([place, text]) => findIn(Buffer.from(text), place, needles)),
      ...named(targets.values, 'value').flatMap(([place, value]) => findInValue(value, place, needles)),
    ]
    for (const [index, process] of (targets.processes ?? []).entries()) {
      findings.push(...(await scanProcess(process, `process ${process.pid ?? index}`, needles)))
    }
    return withoutDoubles(findings)
  }

  /** @throws Error when a secret is anywhere, naming every place and no secret. */
  async expectNoCanary(targets: ScanTargets): Promise<void> {
    const findings = await this.scan(targets)
    if (findings.length === 0) return
    const lines = findings.map(
      ({ canary, encoding, place, offset }) => `  ${canary} (${encoding}) in ${place}, byte ${offset}`,
    )
    throw new Error(`secrets are where they must not be:\n${lines.join('\n')}`)
  }

  /** No marker is the beginning of another one. */
  #newMarker(label: string): string {
    return `${this.#run}${this.#secrets.size}_${label.replaceAll(/[^\w-]/g, '-')}_`
  }

  /** One needle for every secret, and one for the run: a canary that was cut short is still one. */
  #needles(): Needle[] {
    const needles = [...this.#secrets].map(([label, secret]) => needleFor(label, secret))
    return [...needles, needleFor(CUT_SHORT, this.#run)]
  }

  async #scanFiles(paths: readonly string[], needles: readonly Needle[]): Promise<readonly CanaryFinding[]> {
    if (paths.length === 0) return []
    const main = createRequire(import.meta.url).resolve('@accountry/testing/scan-files-main')
    await using child = startProcess<FileScanJob, readonly CanaryFinding[]>(main)
    child.send({ paths, needles })
    return await child.next()
  }
}

/** Secrets for one test, and the search for them. */
export function createCanaries(): Canaries {
  return new Canaries()
}

function findInValue(value: unknown, place: string, needles: readonly Needle[]): CanaryFinding[] {
  return piecesOf(value).flatMap(({ path, bytes }) => findIn(bytes, `${place} ${path}`, needles))
}

async function scanProcess(
  { pid, stdout, stderr }: ScannedProcess,
  place: string,
  needles: readonly Needle[],
): Promise<CanaryFinding[]> {
  const findings = [
    ...findIn(Buffer.from(stdout), `stdout of ${place}`, needles),
    ...findIn(Buffer.from(stderr), `stderr of ${place}`, needles),
  ]
  if (process.platform !== 'linux' || pid === undefined) return findings
  for (const file of ['cmdline', 'environ']) {
    const bytes = await readFile(`/proc/${pid}/${file}`).catch(() => Buffer.alloc(0))
    findings.push(...findIn(bytes, `${file} of ${place}`, needles))
  }
  return findings
}

function named<Value>(
  targets: readonly Value[] | Readonly<Record<string, Value>> | undefined,
  kind: string,
): [string, Value][] {
  if (!Array.isArray(targets)) return Object.entries(targets ?? {})
  return targets.map((target: Value, index) => [`${kind} ${index}`, target])
}

/** Where a whole canary was found, the beginning that it shares with the others was found as well. */
function withoutDoubles(findings: readonly CanaryFinding[]): CanaryFinding[] {
  const keyOf = ({ place, encoding, offset }: CanaryFinding): string => JSON.stringify([place, encoding, offset])
  const whole = new Set(findings.filter(({ canary }) => canary !== CUT_SHORT).map(keyOf))
  return findings.filter((finding) => finding.canary !== CUT_SHORT || !whole.has(keyOf(finding)))
}
