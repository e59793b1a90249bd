import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createConsumerWorld, EXPECTED } from './consumer-world.ts'
import { InstalledProject } from './installed-project.ts'
import { run } from './run.ts'

let project: InstalledProject
beforeAll(async () => {
  project = await InstalledProject.create({
    tarballs: inject('tarballs'),
    dependencies: ['accountry'],
    tools: { esbuild: '0.28.2', webpack: '5.112.2', 'webpack-cli': '7.3.1', vite: '8.3.8' },
  })
  project.addProgram('app')
})
afterAll(() => project[Symbol.dispose]())

describe('an app that is bundled with all its dependencies behaves as the one that is not', () => {
  it('by esbuild, to ESM', async () => {
    await bundleWith('esbuild', 'app.mjs', '--bundle', '--platform=node', '--format=esm', '--outfile=esbuild.mjs')
    await expectSameBehaviour('esbuild.mjs')
  })

  it('by esbuild, to CommonJS', async () => {
    await bundleWith('esbuild', 'app.mjs', '--bundle', '--platform=node', '--format=cjs', '--outfile=esbuild.cjs')
    await expectSameBehaviour('esbuild.cjs')
  })

  it('by webpack', async () => {
    const configuration = {
      mode: 'production',
      target: 'node24',
      entry: './app.mjs',
      output: { path: project.folder, filename: 'webpack.cjs' },
    }
    writeFileSync(project.path('webpack.config.cjs'), `module.exports = ${JSON.stringify(configuration)}`)
    await bundleWith('webpack', '--config', 'webpack.config.cjs')
    await expectSameBehaviour('webpack.cjs')
  })

  it('by vite', async () => {
    const configuration = {
      logLevel: 'warn',
      ssr: { noExternal: true },
      build: { ssr: 'app.mjs', outDir: 'vite', rolldownOptions: { output: { entryFileNames: 'app.mjs' } } },
    }
    writeFileSync(project.path('vite.config.mjs'), `export default ${JSON.stringify(configuration)}`)
    await bundleWith('vite', 'build')
    await expectSameBehaviour('vite/app.mjs')
  })
})

it.runIf(process.platform === 'linux')(
  'an app becomes a single executable that needs no Node and no folder',
  async () => {
    await bundleWith('esbuild', 'app.mjs', '--bundle', '--platform=node', '--format=cjs', '--outfile=single.cjs')
    const configuration = { main: 'single.cjs', output: 'single', disableExperimentalSEAWarning: true }
    writeFileSync(project.path('sea.json'), JSON.stringify(configuration))
    await project.node(['--build-sea', 'sea.json'], {}, inject('laterNode'))
    await using world = await createConsumerWorld()
    for (const env of [world.firstRun, world.laterRun]) {
      expect(JSON.parse(await run(project.path('single'), [], { cwd: '/', env }))).toEqual(EXPECTED)
    }
  },
)

async function bundleWith(tool: string, ...args: string[]): Promise<void> {
  await run(project.path('node_modules/.bin', tool), args, { cwd: project.folder })
}

async function expectSameBehaviour(program: string): Promise<void> {
  await using world = await createConsumerWorld()
  expect(JSON.parse(await project.node([program], world.firstRun))).toEqual(EXPECTED)
  expect(JSON.parse(await project.node([program], world.laterRun))).toEqual(EXPECTED)
}
