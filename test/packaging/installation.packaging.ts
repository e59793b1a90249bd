import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ROOT } from '../support/repository.ts'
import { createConsumerWorld, EXPECTED } from './consumer-world.ts'
import { InstalledProject } from './installed-project.ts'
import { run } from './run.ts'

const GETTING_STARTED = join(ROOT, 'docs/guide/getting-started.md')
const tarballs = inject('tarballs')
const NODES = [
  ['the oldest Node', process.execPath],
  ['a later Node', inject('laterNode')],
] as const

/** Entry points that are programs of their own, or need a package that their users have and nobody else. */
const NOT_LOADED_ALONE = /-main$|^@accountry\/testing\/suites$|\.cjs$|\/package\.json$/

let project: InstalledProject
beforeAll(async () => {
  project = await InstalledProject.create({
    tarballs,
    dependencies: tarballs.map(({ name }) => name),
    tools: { typescript: '7.0.2', '@types/node': '24.19.2' },
  })
})
afterAll(() => project[Symbol.dispose]())

describe.each(NODES)('in an empty folder, on %s', (_name, node) => {
  it('every entry point gives the same by import and by require', async () => {
    const program = project.addProgram('entry-points')
    const specifiers = entryPoints()
    const printed = await project.node([program, ...specifiers], {}, node)
    const counted = printed
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
    expect(counted.map(([specifier]) => specifier)).toEqual(specifiers)
    expect(counted.filter(([, names]) => Number(names) === 0)).toEqual([])
  })

  it('an app gets a token and a sync, and finds its account again after a restart', async () => {
    await using world = await createConsumerWorld()
    const program = project.addProgram('app')
    expect(JSON.parse(await project.node([program], world.firstRun, node))).toEqual(EXPECTED)
    expect(JSON.parse(await project.node([program], world.laterRun, node))).toEqual(EXPECTED)
  })

  it('the settings page is served with its script, without the tools of the workspace', async () => {
    const program = project.addProgram('settings-page')
    const printed = await project.node([program], { DIRECTORY: project.path('settings-vault') }, node)
    expect(JSON.parse(printed)).toEqual({ statuses: [303, 200, 200, 200, 200], hasScript: true, namesLicence: true })
  })

  it('the first program of the guide gets a token and a sync, as it stands', async () => {
    const [, block = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(GETTING_STARTED, 'utf8')) ?? []
    writeFileSync(project.path('first.ts'), block)
    const printed = await project.node(['first.ts'], {}, node)
    expect(printed).toContain('ana@example.com has a Bearer token.\n')
    expect(printed).toContain('Synchronised: Buy milk, Call Ben\n')
  })

  it('nothing is printed and no process-wide handler is left by an import', async () => {
    const code = `
      const before = process.eventNames().length
      await Promise.all(process.argv.slice(1).map((specifier) => import(specifier)))
      console.log(process.eventNames().length - before, process.getActiveResourcesInfo().filter((name) => name !== 'TTYWrap' && name !== 'PipeWrap').length)`
    const args = ['--input-type=module', '--eval', code, '--', ...entryPoints()]
    expect(await project.node(args, {}, node)).toBe('0 0\n')
  })

  it('the command says what it is', async () => {
    const command = project.path('node_modules/accountry/dist/bin.js')
    expect(await project.node([command, '--help'], {}, node)).toContain('accountry')
    const version = tarballs.find(({ name }) => name === 'accountry')?.version
    expect(await project.node([command, '--version'], {}, node)).toBe(`${version}\n`)
  })
})

describe.each([
  ['NodeNext', { module: 'NodeNext' }],
  ['a bundler', { module: 'ESNext', moduleResolution: 'bundler' }],
])('the declarations, resolved as %s does', (_name, options) => {
  it('compile strictly in an app, without skipping the libraries that are ours', async () => {
    project.addProgram('app')
    const strict = {
      target: 'ES2024',
      lib: ['ES2024', 'ESNext.Disposable', 'DOM'],
      types: ['node'],
      strict: true,
      noEmit: true,
    }
    const compilerOptions = { ...strict, exactOptionalPropertyTypes: true, skipLibCheck: false, ...options }
    writeFileSync(project.path('tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }))
    await run(project.path('node_modules/.bin/tsc'), ['-p', '.'], { cwd: project.folder })
  })
})

function entryPoints(): string[] {
  const found = tarballs.flatMap(({ name, contents }) => {
    const { exports } = JSON.parse(readFileSync(join(contents, 'package.json'), 'utf8')) as { exports: object }
    return Object.keys(exports).map((path) => (path === '.' ? name : `${name}/${path.slice('./'.length)}`))
  })
  return found.filter((specifier) => !NOT_LOADED_ALONE.test(specifier))
}
