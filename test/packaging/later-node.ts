import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/repository.ts'
import { run } from './run.ts'

/** The next version of Node that is promised; the workspace itself runs on the oldest. */
const LATER_NODE = '26.10.0'

/** Installs that Node from npm, unless an earlier run has, and returns the path of the program. */
export async function installLaterNode(): Promise<string> {
  const folder = join(ROOT, 'node_modules/.cache', `node-${LATER_NODE}`)
  const isWindows = process.platform === 'win32'
  const program = join(folder, 'node_modules/node/bin', isWindows ? 'node.exe' : 'node')
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`
  const manifest = { private: true, dependencies: { node: `npm:${name}@${LATER_NODE}` } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })
  return program
}
