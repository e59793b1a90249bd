import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bundlePackage } from './bundle.ts'
import { type PublishedPackage, publishedPackages } from './published-packages.ts'

/**
 * Lays the packages into `folder/node_modules` as npm would install them: bundled, with the published `exports`.
 *
 * Their own dependencies are linked from the workspace, so nothing is downloaded.
 */
export async function stagePackages(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  for (const published of publishedPackages()) await stage(published, join(folder, 'node_modules'))
}

async function stage(published: PublishedPackage, modules: string): Promise<void> {
  const { folder, manifest } = published
  const target = join(modules, manifest.name)
  mkdirSync(target, { recursive: true })
  await bundlePackage(published, join(target, 'dist'))
  const { exports, bin } = manifest.publishConfig ?? {}
  writeFileSync(join(target, 'package.json'), JSON.stringify({ ...manifest, exports, ...(bin && { bin }) }, null, 2))
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    linkModule(join(folder, 'node_modules', name), join(modules, name))
  }
}

/** Links a module of another folder, unless it is one of ours or there already. */
export function linkModule(from: string, to: string): void {
  if (/(?:^|\/)@?accountry(?:\/|$)/.test(from.slice(from.lastIndexOf('node_modules')))) return
  if (!existsSync(from) || existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(realpathSync(from), to)
}
