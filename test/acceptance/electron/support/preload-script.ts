import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import type { FakeRenderer } from '../../../../packages/electron/test/support/fake-renderer.ts'
import { bundleScript } from '../../../packaging/bundle.ts'
import { ROOT } from '../../../support/repository.ts'

/** The preload script as it is published: one CommonJS file. */
export async function buildPreloadScript(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'preload-'))
  try {
    const file = join(folder, 'preload-main.cjs')
    await bundleScript(join(ROOT, 'packages/electron/src/preload/preload-main.ts'), file)
    return readFileSync(file, 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs it as a sandbox does: `require` knows `electron`, and there is nothing of Node. */
export function runPreloadScript(script: string, renderer: FakeRenderer): void {
  const load = (name: string): unknown => {
    if (name === 'electron') return renderer.electron
    throw new Error(`module not found: ${name}`)
  }
  const module = { exports: {} }
  runInNewContext(script, { require: load, module, exports: module.exports, process: renderer.process })
}
