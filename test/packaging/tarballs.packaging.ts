import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { run } from './run.ts'
import type { Tarball } from './tarball.ts'

const HERE = import.meta.dirname

interface PackedManifest {
  readonly name: string
  readonly exports: Record<string, string | { types: string; default: string }>
  readonly bin?: Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
  readonly peerDependenciesMeta?: Record<string, { optional?: boolean }>
  readonly scripts?: Record<string, string>
}

describe.each(inject('tarballs'))('the tarball of $name', (tarball: Tarball) => {
  const manifest = JSON.parse(readFileSync(join(tarball.contents, 'package.json'), 'utf8')) as PackedManifest

  it('holds the files that are listed for it and no others (UPDATE_FILE_LISTS=1 writes the lists)', () => {
    const list = join(HERE, 'expected-files', `${tarball.name.replace('/', '-')}.txt`)
    // Declarations follow the sources file by file; what matters is where they may lie.
    const packed = `${tarball.files.filter((file) => !file.endsWith('.d.ts')).join('\n')}\n`
    if (process.env['UPDATE_FILE_LISTS'] === '1') writeFileSync(list, packed)
    expect(packed).toBe(readFileSync(list, 'utf8'))
  })

  it('holds no source, test, page or map of the repository, and none of its paths', () => {
    const foreign = /(?:^|\/)(?:src|tests?|docs|node_modules)\/|(?:^|[^d])\.ts$|\.map$|tsbuildinfo/
    expect(tarball.files.filter((file) => foreign.test(file.replace(/\.d\.ts$/, '')))).toEqual([])
    for (const file of tarball.files) {
      expect(readFileSync(join(tarball.contents, file), 'utf8'), file).not.toContain(
        HERE.slice(0, -'/packaging'.length),
      )
    }
  })

  it('has every file that its manifest points to', () => {
    const targets = [...Object.values(manifest.exports), ...Object.values(manifest.bin ?? {})].flatMap((target) =>
      typeof target === 'string' ? [target] : [target.types, target.default],
    )
    expect(targets.length).toBeGreaterThan(1)
    expect(targets.filter((target) => !existsSync(join(tarball.contents, target)))).toEqual([])
  })

  it('declares what it imports, imports what it declares, and depends on exact versions of its siblings', () => {
    const { dependencies = {}, peerDependencies = {} } = manifest
    const declared = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)])
    const imported = new Set(tarball.files.flatMap((file) => importsOf(tarball, file)))
    imported.delete(tarball.name)
    expect([...imported].filter((name) => !declared.has(name))).toEqual([])
    // The keyring is found by its name at run time, so that bundlers leave it alone.
    const named = (name: string) => imported.has(name) || codeOf(tarball).includes(`"${name}"`)
    expect(Object.keys(dependencies).filter((name) => !named(name))).toEqual([])
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      expect(range).not.toContain(':')
      if (/^@?accountry(?:\/|$)/.test(name)) expect(range).toBe(tarball.version)
    }
  })

  it('runs no script when it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare']
    expect(Object.keys(manifest.scripts ?? {}).filter((name) => hooks.includes(name))).toEqual([])
  })

  it('passes publint in its strict mode', async () => {
    await run('publint', ['run', tarball.file, '--strict'], { cwd: tarball.contents })
  })

  it('gives its types to everyone who can import it (attw, ESM only)', async () => {
    // A preload script is named in an option and never imported.
    const scripts = Object.keys(manifest.exports).filter((path) => path.endsWith('.cjs'))
    const excluded = scripts.flatMap((path) => ['--exclude-entrypoints', path])
    await run('attw', [tarball.file, '--profile', 'esm-only', ...excluded], { cwd: tarball.contents })
  })
})

const IMPORT = /(?:\bfrom\s|\bimport\s|\b(?:import|require)\()\s*["']([@a-z][\w@./-]*)["']/g

function codeOf({ contents, files }: Tarball): string {
  const code = files.filter((file) => /\.c?js$/.test(file))
  return code.map((file) => readFileSync(join(contents, file), 'utf8')).join('\n')
}

/** The packages that a file of the tarball takes something from; comments do not count. */
function importsOf({ contents, files }: Tarball, file: string): string[] {
  if (!/\.(?:js|cjs|d\.ts)$/.test(file) || !files.includes(file)) return []
  const code = readFileSync(join(contents, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  return [...code.matchAll(IMPORT)]
    .map((match) => match[1] ?? '')
    .filter((specifier) => !specifier.startsWith('node:') && !builtinModules.includes(specifier))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
}
