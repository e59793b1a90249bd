import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from 'accountry'

export interface Note {
  readonly title: string
  /** The service's; absent until it has the note. */
  readonly id?: string
}

/** The notes of each account, in a file of their own: what the person sees, with or without a network. */
export class Notebook {
  readonly #folder: string
  /** Ends when the last change is in the file: a note that is written during a sync is not lost. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  async of(account: Account): Promise<readonly Note[]> {
    try {
      return JSON.parse(await readFile(this.#file(account), 'utf8')) as Note[]
    } catch {
      return []
    }
  }

  change(account: Account, how: (notes: readonly Note[]) => readonly Note[]): Promise<void> {
    const changed = this.#last.then(async () => {
      await writeFile(this.#file(account), JSON.stringify(how(await this.of(account))))
    })
    this.#last = changed.catch(() => undefined)
    return changed
  }

  #file({ id }: Account): string {
    return join(this.#folder, `${id}.json`)
  }
}
