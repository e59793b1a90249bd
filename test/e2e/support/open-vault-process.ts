import { AccountManager } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { serveJobs } from './serve-jobs.ts'

export interface OpenVaultJob {
  readonly folder: string
  readonly keyFile: string
  /** Name of the account that this process adds. */
  readonly name: string
}

// Opens a vault that may not be there yet, at the same moment as others do, and writes a secret into it.
serveJobs(async ({ folder, keyFile, name }: OpenVaultJob) => {
  await using manager = await AccountManager.open({
    app: { id: 'com.example.race' },
    directory: folder,
    keyProvider: fileKey({ path: keyFile }),
    authenticators: [
      {
        description: { type: 'com.example', label: 'Example' },
        addAccount: () => Promise.reject(new Error('not asked for')),
        getAuthToken: () => Promise.reject(new Error('not asked for')),
      },
    ],
  })
  await manager.addAccountExplicitly({ type: 'com.example', name }, { password: `password of ${name}` })
})
