import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/repository.ts'

/** What `exports` says of one entry point once the package is published. */
interface PublishedEntry {
  readonly types: string
  readonly default: string
}

export interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
  readonly publishConfig?: {
    readonly exports?: Readonly<Record<string, PublishedEntry | string>>
    readonly bin?: Readonly<Record<string, string>>
  }
}

/** A package of this repository that goes to npm. */
export interface PublishedPackage {
  readonly folder: string
  readonly manifest: PackageManifest
  /** Source file by the path of the published file without `dist/` and `.js`: `providers/google` → `…/src/providers/google.ts`. */
  readonly entries: Readonly<Record<string, string>>
  /** The same for `.cjs`: scripts that must be one CommonJS file, because where they run nothing else can be loaded. */
  readonly scripts: Readonly<Record<string, string>>
}

/** Every package below `packages` that says what it exports when it is published. */
export function publishedPackages(): PublishedPackage[] {
  const found: PublishedPackage[] = []
  for (const name of readdirSync(join(ROOT, 'packages')).sort()) {
    const folder = join(ROOT, 'packages', name)
    if (!existsSync(join(folder, 'package.json'))) continue
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest
    if (manifest.private !== true && manifest.publishConfig?.exports !== undefined) {
      found.push({ folder, manifest, entries: entriesOf(folder, manifest), scripts: scriptsOf(folder, manifest) })
    }
  }
  return found
}

function entriesOf(folder: string, manifest: PackageManifest): Record<string, string> {
  return sourcesOf(folder, manifest, /^\.\/dist\/(.+)\.js$/)
}

function scriptsOf(folder: string, manifest: PackageManifest): Record<string, string> {
  return sourcesOf(folder, manifest, /^\.\/dist\/(.+)\.cjs$/)
}

function sourcesOf(folder: string, { publishConfig }: PackageManifest, form: RegExp): Record<string, string> {
  const files = [
    ...Object.values(publishConfig?.exports ?? {}).map((entry) => (typeof entry === 'string' ? entry : entry.default)),
    ...Object.values(publishConfig?.bin ?? {}),
  ]
  const sources: Record<string, string> = {}
  for (const file of files) {
    const name = form.exec(file)?.[1]
    if (name !== undefined) sources[name] = join(folder, 'src', `${name}.ts`)
  }
  return sources
}
