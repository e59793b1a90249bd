import { join } from 'node:path'
import { type PublishedPackage, publishedPackages } from '../../test/packaging/published-packages.ts'

/** Something that an app can import: a package, or a path of it. */
export interface EntryPoint {
  /** As an app writes it: `@accountry/oauth/providers/google`. */
  readonly specifier: string
  readonly source: string
  readonly declarations: string
}

/** Every entry point that is published, in alphabetical order. */
export function entryPoints(): EntryPoint[] {
  return publishedPackages()
    .flatMap(entryPointsOf)
    .sort((one, other) => (one.specifier < other.specifier ? -1 : 1))
}

function entryPointsOf({ folder, manifest }: PublishedPackage): EntryPoint[] {
  const found: EntryPoint[] = []
  for (const [path, target] of Object.entries(manifest.publishConfig?.exports ?? {})) {
    if (typeof target === 'string') continue
    const specifier = path === '.' ? manifest.name : `${manifest.name}/${path.slice('./'.length)}`
    const source = target.types.replace(/^\.\/dist\//, 'src/').replace(/\.d\.ts$/, '.ts')
    found.push({ specifier, source: join(folder, source), declarations: join(folder, target.types) })
  }
  return found
}
