import { openRaceVault } from './race-vault.ts'
import { serveJobs } from './serve-jobs.ts'

export interface OpenVaultJob {
  readonly folder: string
  readonly keyFile: string
  /** Name of the account that this process adds. */
  readonly name: string
}

// Opens a vault that may not be there yet, at the same moment as others do, and writes a secret into it.
serveJobs(async ({ folder, keyFile, name }: OpenVaultJob) => {
  await using manager = await openRaceVault(folder, keyFile)
  await manager.addAccountExplicitly({ type: 'com.example', name }, { password: `password of ${name}` })
  return name
})
