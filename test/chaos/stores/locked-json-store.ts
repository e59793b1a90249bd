import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import type { Store } from './store.ts'

/** What people write by hand, written well: a lock, the whole file read, changed, written aside and renamed. */
export function openLockedJsonStore(folder: string): Store {
  const file = join(folder, 'accounts.json')
  closeSync(openSync(file, 'a', 0o600))
  const contents = (): Record<string, string> => {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    return text === '' ? {} : (JSON.parse(text) as Record<string, string>)
  }
  return {
    read: (name) => Promise.resolve(contents()[name]),
    async write(name, value) {
      const release = await lock(file, { retries: { retries: 2_000, minTimeout: 10, maxTimeout: 10 } })
      try {
        const { [name]: _before, ...others } = contents()
        const aside = `${file}.${process.pid}`
        await writeFile(aside, JSON.stringify(value === undefined ? others : { ...others, [name]: value }))
        await rename(aside, file)
      } finally {
        await release()
      }
    },
    names: () => Promise.resolve(Object.keys(contents())),
    close: () => Promise.resolve(),
  }
}
