import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A killed process loses nothing that it gave to the kernel, so what these tests ask can be asked of memory too. */
const BASE = isWritable('/dev/shm') ? '/dev/shm' : tmpdir()

/** An empty private folder that is removed when the test ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(BASE, 'accounts-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return process.platform === 'linux'
  } catch {
    return false
  }
}
