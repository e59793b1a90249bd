import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describeWithSecretService } from '@accountry/testing/suites'
import { describe, it } from 'vitest'
import type { Keytar } from '../../src/index.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

/** Node's own headers lie beside its executable. */
const headers = join(dirname(dirname(process.execPath)), 'include', 'node')

/** What is missing to compile keytar here; `undefined` when nothing is. */
function missingForBuild(): string | undefined {
  if (!existsSync(join(headers, 'node_api.h'))) return "Node's headers"
  if (!succeeds('g++', '--version')) return 'g++'
  return succeeds('pkg-config', '--exists', 'libsecret-1') ? undefined : 'pkg-config with libsecret-1 (libsecret-1-dev)'
}

function succeeds(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** `describeWithSecretService` for tests that need a real keytar, which has no binaries and is compiled here. */
export function describeWithKeytar(name: string, tests: () => void): void {
  const missing = missingForBuild()
  if (missing === undefined) {
    describeWithSecretService(name, tests)
    return
  }
  const problem = `"${name}" needs ${missing} to compile keytar`
  if (process.env['CI'] !== undefined && process.env['CI'] !== '') {
    it(name, () => {
      throw new Error(problem)
    })
    return
  }
  process.stderr.write(`\nSKIPPED, not tested: ${problem}\n`)
  describe.skip(name, tests)
}

/** Compiles keytar's sources in a folder of their own, as its `binding.gyp` says, and loads the result. */
export async function buildKeytar(): Promise<{ keytar: Keytar; remove: () => Promise<void> }> {
  const source = dirname(require.resolve('keytar/package.json'))
  const addonApi = dirname(createRequire(join(source, 'lib', 'keytar.js')).resolve('node-addon-api'))
  const folder = await mkdtemp(join(tmpdir(), 'keytar-'))
  await cp(source, folder, { recursive: true, dereference: true })
  await mkdir(join(folder, 'build', 'Release'), { recursive: true })
  const [compile, link] = await Promise.all(
    ['--cflags', '--libs'].map((flag) => run('pkg-config', [flag, 'libsecret-1'])),
  )
  const files = ['async.cc', 'main.cc', 'keytar_posix.cc'].map((file) => join(folder, 'src', file))
  const flags = ['-shared', '-fPIC', '-std=c++17', '-w', '-DNAPI_VERSION=3', '-I', addonApi, '-I', headers]
  const output = ['-o', join(folder, 'build', 'Release', 'keytar.node')]
  await run('g++', [...flags, ...words(compile?.stdout), ...files, ...output, ...words(link?.stdout)])
  return {
    keytar: require(folder) as Keytar,
    remove: async () => await rm(folder, { recursive: true, force: true }),
  }
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
