import type { AccountManager } from '@accountry/accounts'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { openExampleVault, type VaultPlace } from '../../e2e/support/example-vault.ts'
import { serveJobs } from '../../e2e/support/serve-jobs.ts'

export type StormJob =
  | { readonly kind: 'open'; readonly place: VaultPlace }
  | { readonly kind: 'storm'; readonly accountId: string; readonly callers: number; readonly types: readonly string[] }

let manager: AccountManager | undefined

// Many callers in one process; answers with the different tokens that they got.
serveJobs(async (job: StormJob): Promise<string[]> => {
  if (job.kind === 'open') {
    const { issuer, clientId } = job.place
    const authenticator = createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer,
      clientId,
      tokenTypes: {
        tasks: { scopes: ['tasks.read'] },
        notes: { scopes: ['tasks.write'] },
        files: { scopes: ['api'] },
      },
    })
    manager = await openExampleVault(job.place, { authenticator })
    return []
  }
  const opened = manager
  if (opened === undefined) throw new Error('open comes first')
  const calls = job.types.flatMap((type) =>
    Array.from({ length: job.callers }, async () => (await opened.getAuthToken(job.accountId, type)).value),
  )
  return [...new Set(await Promise.all(calls))]
})
