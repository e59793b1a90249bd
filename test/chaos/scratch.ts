import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one vault and its key, removed at the end. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string
  readonly directory: string
  readonly keyFile: string
}

export async function makeScratch(): Promise<Scratch> {
  const base = await mkdtemp(join(tmpdir(), 'accountry-chaos-'))
  await mkdir(join(base, 'keys'), { mode: 0o700 })
  return {
    folder: base,
    directory: join(base, 'vault'),
    keyFile: join(base, 'keys', 'key'),
    async [Symbol.asyncDispose]() {
      await rm(base, { recursive: true, force: true })
    },
  }
}
