import { join } from 'node:path'
import type { OutputChunk, Plugin } from 'rolldown'
import { rolldown } from 'rolldown'
import type { PublishedPackage } from './published-packages.ts'

/**
 * Writes one file per entry point of a package into `dist`: thirty small files take twice as long to import as one.
 *
 * What several entry points share lies in `dist/shared`, so that it is loaded once and a class is one class. What the
 * sources import dynamically stays apart. Dependencies and Node's modules are not part of it.
 */
export async function bundlePackage(published: PublishedPackage, dist: string): Promise<OutputChunk[]> {
  const chunks = await bundleEntries(published, dist)
  for (const [name, source] of Object.entries(published.scripts)) {
    chunks.push(await bundleScript(source, join(dist, `${name}.cjs`)))
  }
  return chunks
}

/**
 * Writes one CommonJS file that needs nothing but `electron`: a preload script. In a sandbox it can load no other file and
 * no module of Node, so whatever it imports is part of it, and it may import nothing of Node.
 */
export async function bundleScript(source: string, file: string): Promise<OutputChunk> {
  const bundle = await rolldown({ input: source, platform: 'browser', external: ['electron', /^node:/] })
  try {
    const { output } = await bundle.write({ file, format: 'cjs', comments: false, codeSplitting: false })
    const [chunk] = output
    const foreign = [...chunk.imports, ...chunk.dynamicImports].filter((name) => name !== 'electron')
    if (foreign.length > 0 || output.length > 1) throw new Error(`${file} is not alone: ${foreign.join(', ')}`)
    return chunk
  } finally {
    await bundle.close()
  }
}

async function bundleEntries({ folder, entries }: PublishedPackage, dist: string): Promise<OutputChunk[]> {
  const bundle = await rolldown({
    cwd: folder,
    input: entries,
    platform: 'node',
    external: /^[^./]/,
    plugins: [embeddedPage(), lazyBuiltins()],
  })
  try {
    const { output } = await bundle.write({
      dir: dist,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'shared/[name].js',
      comments: false,
    })
    return output.filter((file) => file.type === 'chunk')
  } finally {
    await bundle.close()
  }
}

/** Puts the bundled files of the settings page in the place of the module that bundles them in the workspace. */
function embeddedPage(): Plugin {
  return {
    name: 'embedded-page',
    async load(id) {
      if (!id.endsWith('/settings/src/page-files.ts')) return undefined
      const { loadPageFiles } = await import('../../packages/settings/src/page-files.ts')
      return `export async function loadPageFiles() { return ${JSON.stringify(await loadPageFiles())} }`
    },
  }
}

/** The two forms in which rolldown writes them: named members, or the module itself. */
const IMPORT_OF_BUILTIN = /^import (?:\{ (?<members>[^}]+) \}|(?<whole>[\w$]+)) from "(?<module>node:[\w/]+)";$/gm

/** They load others with them; each takes milliseconds, which an import must not cost whoever never calls them. */
const HEAVY = new Set(['node:child_process', 'node:crypto', 'node:fs/promises', 'node:http', 'node:net'])

/** Functions begin with a small letter. The others are what they are, and have to be there at once. */
const IS_FUNCTION = /^(?!constants$|webcrypto$)[a-z]/

/**
 * Takes Node's modules with `process.getBuiltinModule` instead of `import`, and functions of heavy ones at their first call.
 *
 * An `import` of `node:util` or `node:fs` reads every member of the module to make it a named export, and with that
 * loads what Node keeps for later (streams, workers): it doubles what `@accountry/accounts` costs to import.
 */
function lazyBuiltins(): Plugin {
  return {
    name: 'lazy-builtins',
    renderChunk(code, { fileName }) {
      const rendered = code.replace(
        IMPORT_OF_BUILTIN,
        (_line, members: string | undefined, whole: string, module: string) => {
          if (members === undefined) return `const ${whole} = process.getBuiltinModule("${module}");`
          return members
            .split(', ')
            .map((member) => builtinMember(member, module))
            .join('\n')
        },
      )
      const missed = /^(?:import|export) .*"node:.*$/m.exec(rendered)
      if (missed !== null)
        throw new Error(`${fileName} takes a module of Node in a form that is not known: ${missed[0]}`)
      return rendered
    },
  }
}

function builtinMember(member: string, module: string): string {
  const [name = '', alias = name] = member.split(' as ')
  const taken = `process.getBuiltinModule("${module}").${name}`
  if (HEAVY.has(module) && IS_FUNCTION.test(name)) return `const ${alias} = (...given) => ${taken}(...given);`
  return `const ${alias} = ${taken};`
}
