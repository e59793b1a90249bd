import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { ROOT } from '../support/repository.ts'
import { InstalledProject } from './installed-project.ts'
import { run } from './run.ts'

/** What an app may ship without asking anyone. */
const LICENCES = new Set(['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', '0BSD'])

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly licenses?: readonly { license?: { id?: string }; expression?: string }[]
}

const OUT = join(ROOT, 'node_modules/.cache/sbom')
const published = inject('tarballs').map(({ name, version }) => ({ name, version }))

describe('the bill of materials (SBOM) of each package', () => {
  beforeAll(async () => {
    rmSync(OUT, { recursive: true, force: true })
    const sbom = ['--prod', 'sbom', '--sbom-format', 'cyclonedx', '--split', '--out', join(OUT, '%s.json')]
    await run('npx', ['--yes', 'pnpm@12', '--filter', './packages/*', ...sbom], { cwd: ROOT })
  })

  it.each(published)('of $name names only licences that an app may ship', ({ name }) => {
    const components = componentsOf(name)
    const unclear = components.filter((component) => !licencesOf(component).some((licence) => LICENCES.has(licence)))
    expect(unclear.map(nameOf)).toEqual([])
  })

  it('of accountry names what npm installs with it, in an empty folder, and nothing else', async () => {
    using project = await InstalledProject.create({ tarballs: inject('tarballs'), dependencies: ['accountry'] })
    const lock = JSON.parse(readFileSync(project.path('node_modules/.package-lock.json'), 'utf8')) as {
      packages: object
    }
    const installed = Object.keys(lock.packages)
      .map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length))
      .filter((name) => name !== 'accountry')
    const named = componentsOf('accountry').map(nameOf)
    expect([...new Set(named)].sort()).toEqual([...new Set(installed)].sort())
  })
})

function componentsOf(name: string): Component[] {
  const file = join(OUT, `${name.replace('@', '').replace('/', '-')}.json`)
  return (JSON.parse(readFileSync(file, 'utf8')) as { components?: Component[] }).components ?? []
}

function nameOf({ group, name }: Component): string {
  return group === undefined ? name : `${group}/${name}`
}

function licencesOf({ licenses = [] }: Component): string[] {
  return licenses.flatMap(({ license, expression }) => license?.id ?? expression?.split(/ OR /) ?? [])
}
