import { join } from 'node:path'

/** The files of a vault. */
export interface VaultFiles {
  readonly directory: string
  readonly database: string
  /** Present once a vault was made here. */
  readonly marker: string
  readonly initLock: string
  readonly doorbell: string
  /** Folder of the locks that tell who is alive. */
  readonly alive: string
}

export function vaultFiles(directory: string): VaultFiles {
  return {
    directory,
    database: join(directory, 'vault.db'),
    marker: join(directory, 'initialised'),
    initLock: join(directory, 'init.lock'),
    doorbell: join(directory, 'doorbell'),
    alive: join(directory, 'alive'),
  }
}
