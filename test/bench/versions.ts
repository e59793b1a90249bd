import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PEERS } from './stage.ts'

/** The versions of everybody who takes part, as they are staged. */
export function stagedVersions(staged: string): Record<string, string> {
  return Object.fromEntries(
    ['@accountry/accounts', ...PEERS].map((name) => {
      const text = readFileSync(join(staged, 'node_modules', name, 'package.json'), 'utf8')
      return [name, (JSON.parse(text) as { version: string }).version]
    }),
  )
}
