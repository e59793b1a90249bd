import { statfsSync } from 'node:fs'

/** What all suites together keep at the same time, with plenty to spare. */
const ENOUGH_BYTES = 1_000_000_000

/**
 * Environment in which temporary folders are in memory, where the system has such a place and it is large enough: vaults
 * of tests are synced to the disk thousands of times, which is most of what their suites wait for. What is proved is the
 * same, because no test takes the power away; chaos, benchmarks and packaging use the disk.
 */
export function quickTemporaryFolder(): Readonly<Record<string, string>> {
  if (process.platform !== 'linux' || process.env['TMPDIR'] !== undefined) return {}
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    return bavail * bsize >= ENOUGH_BYTES ? { TMPDIR: '/dev/shm' } : {}
  } catch {
    return {}
  }
}
