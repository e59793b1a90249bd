import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a program is there; tests that need one which is not say so and are skipped. */
export function isInstalled(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const isThere = folders.some((folder) => isExecutable(join(folder, program)))
  if (!isThere) console.warn(`${program} is not installed: tests that need it are skipped (apt-get install ${program})`)
  return isThere
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
