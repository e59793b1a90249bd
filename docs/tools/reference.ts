import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { Application, type ProjectReflection } from 'typedoc'
import type { EntryPoint } from './entry-point.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The reference: one Markdown page for each entry point, made from the comments of the sources. */
export async function referencePages(entries: readonly EntryPoint[]): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'reference-'))
  try {
    const app = await Application.bootstrapWithPlugins({
      entryPoints: entries.map(({ source }) => source),
      tsconfig: join(ROOT, 'docs/tsconfig.reference.json'),
      basePath: ROOT,
      plugin: ['typedoc-plugin-markdown'],
      outputs: [{ name: 'markdown', path: folder }],
      // The pages change when the interface does, not when a line moves.
      disableSources: true,
      excludeExternals: true,
      excludePrivate: true,
      hideGenerator: true,
      readme: 'none',
      githubPages: false,
      logLevel: 'Warn',
      ...({
        outputFileStrategy: 'modules',
        hidePageHeader: true,
        hideBreadcrumbs: true,
        useCodeBlocks: true,
        useHTMLAnchors: true,
        expandObjects: true,
        parametersFormat: 'table',
        interfacePropertiesFormat: 'table',
      } as object),
    })
    const project = await app.convert()
    if (project === undefined) throw new Error('the sources could not be read')
    nameModules(project, entries)
    app.validate(project)
    if (app.logger.hasWarnings()) throw new Error('a comment leads nowhere, or a public type is not exported')
    await app.generateOutputs(project)
    const written = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
    return new Map(written.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each module gets the name that an app imports it by, in the place of the path of its source. */
function nameModules(project: ProjectReflection, entries: readonly EntryPoint[]): void {
  const specifiers = new Map(
    entries.map(({ source, specifier }) => [relative(ROOT, source).replace(/(?:\/index)?\.ts$/, ''), specifier]),
  )
  for (const module of project.children ?? []) {
    const specifier = specifiers.get(module.name)
    if (specifier === undefined) throw new Error(`${module.name} is no entry point`)
    module.name = specifier
  }
}
