import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/repository.ts'
import { publishedPackages } from './published-packages.ts'
import { run } from './run.ts'

/** A package as npm would get it, and the same unpacked. */
export interface Tarball {
  readonly name: string
  readonly version: string
  readonly file: string
  /** Where its contents lie unpacked. */
  readonly contents: string
  /** Paths inside of the package, sorted. */
  readonly files: readonly string[]
}

/** Builds and packs every published package with pnpm, which alone writes `publishConfig.exports` into the manifest. */
export async function packAll(folder: string): Promise<Tarball[]> {
  await pnpm(['build'], ROOT)
  const tarballs: Tarball[] = []
  for (const published of publishedPackages()) {
    const target = join(folder, published.manifest.name.replace('/', '-'))
    mkdirSync(target, { recursive: true })
    await pnpm(['pack', '--pack-destination', target], published.folder)
    tarballs.push(await opened(published.manifest.name, target))
  }
  return tarballs
}

async function opened(name: string, target: string): Promise<Tarball> {
  const [file] = readdirSync(target).filter((entry) => entry.endsWith('.tgz'))
  if (file === undefined) throw new Error(`packing ${name} made no tarball`)
  await run('tar', ['-xzf', file], { cwd: target })
  const contents = join(target, 'package')
  const { version } = JSON.parse(readFileSync(join(contents, 'package.json'), 'utf8')) as { version: string }
  const files = readdirSync(contents, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(contents.length + 1))
    .sort()
  return { name, version, file: join(target, file), contents, files }
}

function pnpm(args: readonly string[], cwd: string): Promise<string> {
  return run('npx', ['--yes', 'pnpm@12', ...args], { cwd })
}
