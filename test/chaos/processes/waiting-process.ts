import type { AccountManager } from '@accountry/accounts'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { openExampleVault, type VaultPlace } from '../../e2e/support/example-vault.ts'
import { serveJobs } from '../../e2e/support/serve-jobs.ts'

export type WaitingJob =
  | { readonly kind: 'open'; readonly place: VaultPlace; readonly types: readonly string[] }
  | { readonly kind: 'wait'; readonly accountId: string; readonly type: string }

let manager: AccountManager | undefined

// Asks for one token when it is told to, and answers how long that took, in milliseconds.
serveJobs(async (job: WaitingJob): Promise<number> => {
  if (job.kind === 'open') {
    const { issuer, clientId } = job.place
    const tokenTypes = Object.fromEntries(job.types.map((type) => [type, { scopes: ['api'] }]))
    const authenticator = createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer,
      clientId,
      tokenTypes,
    })
    manager = await openExampleVault(job.place, { authenticator })
    return 0
  }
  if (manager === undefined) throw new Error('open comes first')
  const startedAt = performance.now()
  await manager.getAuthToken(job.accountId, job.type)
  return performance.now() - startedAt
})
