import { resolve } from 'node:path'
import { AccountError, type KeyOutcome, type KeyRequestOptions, type StoreKeyProvider } from '@accountry/accounts'
import { checkKey, checkName, checkObject, checkText } from './arguments.ts'
import { throwIfAborted } from './deadline.ts'
import { type KeyFileContent, readKeyFile, removeKeyFile, writeKeyFile } from './key-file.ts'
import { type Refusal, refusalError } from './refusal.ts'

export interface FileKeyOptions {
  /** The key file. Its folder must exist; give it to nobody else. */
  readonly path: string
}

/**
 * Keeps the vault's key in a plain file with mode 0600: for machines that have nothing better, chosen on purpose.
 *
 * The protection is `none`: whoever can read the file or a backup of it can read the vault. Keep it away from the
 * vault's folder.
 *
 * A file of exactly 32 bytes that somebody put there serves every vault and is only read (`openssl rand -out key 32`).
 * A file that `store` makes belongs to one vault; when `path` is taken, the key of another vault goes to
 * `<path>.<16 hex digits>` beside it. Files are written whole or not at all.
 *
 * A symbolic link, another owner, or a mode that lets others read is `denied`, and is not mended: the key may be known.
 * Another size is `corrupt`, a missing folder `unavailable`.
 *
 * @throws TypeError for a wrong option.
 */
export function fileKey(options: FileKeyOptions): StoreKeyProvider {
  checkObject(options, 'options')
  checkText(options.path, 'path')
  if (options.path.includes('\0')) throw new TypeError('path has a NUL character')
  return new FileKey(resolve(options.path))
}

type Found = { readonly path: string; readonly content: KeyFileContent }

class FileKey implements StoreKeyProvider {
  readonly id: string
  readonly kind = 'store'
  readonly protection = 'none'
  readonly #path: string

  constructor(path: string) {
    this.id = `file:${path}`
    this.#path = path
  }

  async load(name: string, options?: KeyRequestOptions): Promise<KeyOutcome> {
    checkName(name)
    throwIfAborted(options?.signal)
    const found = await this.#find(name)
    return 'content' in found ? { kind: 'found', key: found.content.key } : found
  }

  async store(name: string, key: Uint8Array): Promise<void> {
    checkName(name)
    checkKey(key)
    const content = { key: Uint8Array.from(key), nameHash: hashOf(name) }
    const found = await this.#find(name)
    if ('content' in found) {
      checkOwn(found, 'it is only read')
      await writeKeyFile(found.path, content, 'replace')
      return
    }
    if (found.kind !== 'absent') throw refusalError('store the key', found)
    for (const path of [this.#path, this.#pathBeside(name)]) {
      if (await writeKeyFile(path, content, 'create')) return
    }
    throw new AccountError('ERR_STORAGE_WRITE', `another process wrote ${this.#path} at the same time; try again`)
  }

  async delete(name: string): Promise<void> {
    checkName(name)
    const found = await this.#find(name)
    if ('content' in found) {
      checkOwn(found, 'remove it by hand')
      await removeKeyFile(found.path)
    } else if (found.kind !== 'absent') throw refusalError('delete the key', found)
  }

  /** The key's own file is looked for first: a file for every name must not hide it. */
  async #find(name: string): Promise<Found | Refusal> {
    let absent: Refusal | undefined
    for (const path of [this.#pathBeside(name), this.#path]) {
      const content = await readKeyFile(path)
      if (content.kind === 'content') {
        if (isFor(content, name)) return { path, content }
        absent = { kind: 'absent', why: `${path} holds the key of another vault` }
      } else if (content.kind === 'absent') absent = content
      else return content
    }
    return absent ?? { kind: 'absent', why: `there is no key file ${this.#path}` }
  }

  #pathBeside(name: string): string {
    return `${this.#path}.${Buffer.from(hashOf(name)).toString('hex').slice(0, 16)}`
  }
}

function checkOwn({ path, content }: Found, cure: string): void {
  if (content.nameHash !== undefined) return
  throw new AccountError('ERR_UNSUPPORTED', `${path} was put there by somebody, not by this program; ${cure}`)
}

function isFor(content: KeyFileContent, name: string): boolean {
  return content.nameHash === undefined || Buffer.from(content.nameHash).equals(hashOf(name))
}

function hashOf(name: string): Uint8Array {
  return process.getBuiltinModule('node:crypto').hash('sha256', name, 'buffer')
}
