import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run.ts'
import type { Tarball } from './tarball.ts'

export interface ProjectOptions {
  readonly tarballs: readonly Tarball[]
  /** Which of the tarballs the project asks for by name. The others come only as dependencies. */
  readonly dependencies: readonly string[]
  readonly tools?: Readonly<Record<string, string>>
}

/** A folder into which npm has installed the tarballs, as it would from the registry. */
export class InstalledProject implements Disposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create({ tarballs, dependencies, tools = {} }: ProjectOptions): Promise<InstalledProject> {
    const project = new InstalledProject(mkdtempSync(join(tmpdir(), 'accountry-consumer-')))
    const files = Object.fromEntries(tarballs.map(({ name, file }) => [name, `file:${file}`]))
    const manifest = {
      private: true,
      type: 'module',
      dependencies: { ...pick(files, dependencies), ...tools },
      // The versions are not on the registry: whoever depends on one gets its tarball.
      overrides: Object.fromEntries(
        Object.keys(files).map((name) => [name, dependencies.includes(name) ? `$${name}` : files[name]]),
      ),
    }
    writeFileSync(project.path('package.json'), JSON.stringify(manifest, null, 2))
    await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: project.folder })
    return project
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  /** Copies a program of the consumer folder beside the installed packages, without its types. */
  addProgram(name: string): string {
    const source = readFileSync(join(import.meta.dirname, 'consumer', `${name}.ts`), 'utf8')
    writeFileSync(this.path(`${name}.ts`), source)
    writeFileSync(this.path(`${name}.mjs`), stripTypeScriptTypes(source))
    return `${name}.mjs`
  }

  async node(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    node = process.execPath,
  ): Promise<string> {
    return await run(node, args, { cwd: this.folder, env })
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function pick(files: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const file = files[name]
      if (file === undefined) throw new Error(`${name} was not packed`)
      return [name, file]
    }),
  )
}
