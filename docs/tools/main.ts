import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { argv, exit, stderr } from 'node:process'
import { apiReports } from './api-report.ts'
import { entryPoints } from './entry-point.ts'
import { referencePages } from './reference.ts'

// node docs/tools/main.ts [--check]: writes docs/api and docs/reference from the sources, or says what differs.

const DOCS = join(import.meta.dirname, '..')
const isCheck = argv.includes('--check')
const entries = entryPoints()
const stale = [...settle('api', apiReports(entries)), ...settle('reference', await referencePages(entries))]
if (isCheck && stale.length > 0) {
  stderr.write(`The public API and these pages disagree:\n  ${stale.join('\n  ')}\n`)
  stderr.write('Look at the change with care, then run: npx --yes pnpm@12 reference\n')
  exit(1)
}

/** Writes the files of a folder, or only compares them. Returns the paths of those that differ. */
function settle(folder: string, files: ReadonlyMap<string, string>): string[] {
  const target = join(DOCS, folder)
  const there = existsSync(target) ? filesIn(target) : []
  const different = [...files].filter(([name, text]) => textOf(join(target, name)) !== text).map(([name]) => name)
  const left = there.filter((name) => !files.has(name))
  if (!isCheck) {
    for (const name of different) write(join(target, name), files.get(name) ?? '')
    for (const name of left) rmSync(join(target, name))
  }
  return [...different, ...left].map((name) => `docs/${folder}/${name}`)
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
