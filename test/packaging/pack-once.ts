import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ROOT } from '../support/repository.ts'
import { installLaterNode } from './later-node.ts'
import { packAll, type Tarball } from './tarball.ts'

declare module 'vitest' {
  interface ProvidedContext {
    tarballs: Tarball[]
    /** The path of a later Node than the one that runs the suite. */
    laterNode: string
  }
}

/** Packs every package once for all files of the suite. */
export async function setup(project: TestProject): Promise<void> {
  const folder = join(ROOT, 'node_modules/.cache/packed')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  project.provide('laterNode', await installLaterNode())
  project.provide('tarballs', await packAll(folder))
}
