import { readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { ROOT } from '../support/repository.ts'
import { bundlePackage } from './bundle.ts'
import { publishedPackages } from './published-packages.ts'

// pnpm build: declarations come from tsc -b before this; here come the bundles beside them.
for (const published of publishedPackages()) {
  const dist = join(published.folder, 'dist')
  removeOldCode(dist)
  const chunks = await bundlePackage(published, dist)
  const bytes = chunks.reduce((sum, { code }) => sum + code.length, 0)
  const files = chunks.map(({ fileName }) => fileName).join(', ')
  process.stdout.write(`${relative(ROOT, dist)}: ${files} (${Math.round(bytes / 1_024)} KB)\n`)
}

/** A file of an earlier build that nothing refers to any more would be published with the others. */
function removeOldCode(dist: string): void {
  for (const path of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (/\.c?js(?:\.map)?$/.test(path)) rmSync(join(dist, path))
  }
}
