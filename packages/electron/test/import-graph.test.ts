import { builtinModules } from 'node:module'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { describe, expect, it } from 'vitest'

const SOURCE = resolve(import.meta.dirname, '../src')

/** Everything that a file loads when it runs, down to modules that are not part of this workspace. */
async function loadedBy(entry: string): Promise<{ readonly modules: string[]; readonly foreign: string[] }> {
  const bundle = await rolldown({
    input: join(SOURCE, entry),
    platform: 'browser',
    external: (name) => name.startsWith('node:') || builtinModules.includes(name) || name === 'electron',
  })
  try {
    const { output } = await bundle.generate({ format: 'esm' })
    const chunks = output.filter((file) => file.type === 'chunk')
    return {
      modules: chunks.flatMap(({ moduleIds }) => moduleIds),
      foreign: [...new Set(chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]))],
    }
  } finally {
    await bundle.close()
  }
}

describe('what a page loads', () => {
  it('holds no module of Node and no Electron, down to the last import', async () => {
    const { modules, foreign } = await loadedBy('renderer/index.ts')
    expect(modules.some((id) => id.endsWith('packages/accounts/src/errors.ts'))).toBe(true)
    expect(foreign).toEqual([])
  })

  it('holds nothing that knows a vault, a key or a token', async () => {
    const { modules } = await loadedBy('renderer/index.ts')
    const known =
      /packages\/electron\/src\/(?:renderer|bridge)\/|accounts\/src\/(?:contract|error[\w-]*|project|inspectable)\.ts$/
    expect(modules.filter((id) => !known.test(id) && !id.startsWith('\0'))).toEqual([])
  })

  it('is joined in the preload script by Electron alone', async () => {
    const { modules, foreign } = await loadedBy('preload/preload-main.ts')
    expect(foreign).toEqual(['electron'])
    expect(modules.filter((id) => /src\/main\/|src\/renderer\//.test(id))).toEqual([])
  })
})
