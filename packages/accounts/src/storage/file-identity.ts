import { type BigIntStats, statSync } from 'node:fs'

/** The path leads to nothing, or to something that cannot be the file. */
export const GONE = 'gone'
const GONE_CODES: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP'])

/**
 * What tells the file at `path` from every other one.
 *
 * `undefined` when it cannot be looked at now: a folder whose permissions were taken away says nothing about the file
 * that is open, and must not take it away from anybody.
 */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino }: BigIntStats = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (error) {
    return GONE_CODES.has((error as { code?: unknown } | null)?.code) ? GONE : undefined
  }
}

/** In bytes; `undefined` when it cannot be looked at. */
export function fileSize(path: string): number | undefined {
  try {
    return statSync(path).size
  } catch {
    return undefined
  }
}
