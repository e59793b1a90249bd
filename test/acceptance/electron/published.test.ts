import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundlePackage } from '../../packaging/bundle.ts'
import { publishedPackages } from '../../packaging/published-packages.ts'
import { ROOT } from '../../support/repository.ts'

let dist: string

beforeAll(async () => {
  // Inside the workspace, so that the bundles find the packages that they need.
  dist = await mkdtemp(join(ROOT, 'test/node_modules/.electron-'))
  const published = publishedPackages().find(({ manifest }) => manifest.name === '@accountry/electron')
  if (published === undefined) throw new Error('the package is not published')
  await bundlePackage(published, dist)
})
afterAll(async () => {
  await rm(dist, { recursive: true, force: true })
})

describe('the published package', () => {
  it('has the preload script where its main process says it is', async () => {
    const main = (await import(pathToFileURL(join(dist, 'main/index.js')).href)) as { preloadPath(): string }
    expect(main.preloadPath()).toBe(join(dist, 'preload/preload-main.cjs'))
    expect(existsSync(main.preloadPath())).toBe(true)
  })

  it('takes nothing of Node and nothing of Electron into a page', async () => {
    const pieces = ['renderer/index.js', 'shared/channels.js', 'shared/events.js']
    const code = (await Promise.all(pieces.map((piece) => readFile(join(dist, piece), 'utf8')))).join('\n')
    const imported = [...code.matchAll(/^(?:import|export) .*?["']([^."'][^"']*)["'];$/gm)].map(([, name]) => name)
    expect([...new Set(imported)]).toEqual(['@accountry/accounts/contract'])
    expect(code).not.toMatch(/node:|getBuiltinModule|process\.\w|\bBuffer\b/)
  })
})
