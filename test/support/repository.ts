import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

/** What is installed or built, and therefore not part of the repository. */
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage', '.git'])

/** Every file below `folder`, as paths from the root with forward slashes, in alphabetical order. */
export function filesBelow(folder: string, extension: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory() && !NOT_OURS.has(entry.name)) found.push(...filesBelow(path, extension))
    else if (entry.isFile() && entry.name.endsWith(extension)) found.push(path)
  }
  return found.sort()
}

/** The text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** The pages that stand at the top of the repository. */
function topLevelPages(): string[] {
  return readdirSync(ROOT).filter((name) => name.endsWith('.md'))
}

/** Every page that is written by hand; those of the reference are made from the comments of the sources. */
export function handwrittenPages(): string[] {
  return [...topLevelPages(), ...filesBelow('docs', '.md').filter((path) => !path.startsWith('docs/reference/'))]
}
