import type { OutputChunk, Plugin } from 'rolldown'
import { rolldown } from 'rolldown'
import type { PublishedPackage } from './published-packages.ts'

/**
 * Writes one file per entry point of a package into `dist`: thirty small files take twice as long to import as one.
 *
 * What several entry points share lies in `dist/shared`, so that it is loaded once and a class is one class. What the
 * sources import dynamically stays apart. Dependencies and Node's modules are not part of it.
 */
export async function bundlePackage({ folder, entries }: PublishedPackage, dist: string): Promise<OutputChunk[]> {
  const bundle = await rolldown({
    cwd: folder,
    input: entries,
    platform: 'node',
    external: /^[^./]/,
    plugins: [lazyBuiltins()],
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

/** The two forms in which rolldown writes them: named members, or the module itself. */
const IMPORT_OF_BUILTIN = /^import (?:\{ (?<members>[^}]+) \}|(?<whole>[\w$]+)) from "(?<module>node:[\w/]+)";$/gm

/**
 * Takes Node's modules with `process.getBuiltinModule` instead of `import`.
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
          const names = members === undefined ? whole : `{ ${members.replaceAll(' as ', ': ')} }`
          return `const ${names} = process.getBuiltinModule("${module}");`
        },
      )
      const missed = /^(?:import|export) .*"node:.*$/m.exec(rendered)
      if (missed !== null)
        throw new Error(`${fileName} takes a module of Node in a form that is not known: ${missed[0]}`)
      return rendered
    },
  }
}
