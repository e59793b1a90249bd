import type { AccountManager, Authenticator } from '@accountry/accounts'
import { exampleAuthenticator, openExampleVault, type VaultPlace } from './example-vault.ts'
import { serveJobs } from './serve-jobs.ts'

/** Where the process that renews a token is to die. */
export type KillPoint = 'after-intent' | 'after-request' | 'after-first-save'

export type TokenJob =
  | { readonly kind: 'open'; readonly place: VaultPlace; readonly killAt?: KillPoint }
  | { readonly kind: 'get-token'; readonly accountId: string; readonly forceRefresh?: boolean }

let manager: AccountManager | undefined

// Opens a vault and, told to, gets a token; all processes together when the test says so.
serveJobs(async (job: TokenJob): Promise<string> => {
  if (job.kind === 'open') {
    manager = await openVault(job.place, job.killAt)
    return 'opened'
  }
  if (manager === undefined) throw new Error('open comes first')
  const { accountId, forceRefresh = false } = job
  return (await manager.getAuthToken(accountId, 'tasks', { forceRefresh })).value
})

function openVault(place: VaultPlace, killAt: KillPoint | undefined): Promise<AccountManager> {
  if (killAt === undefined) return openExampleVault(place)
  if (killAt === 'after-first-save') {
    return openExampleVault(place, { authenticator: dyingAfterSave(exampleAuthenticator(place)) })
  }
  return openExampleVault(place, { fetch: deadlyFetch(killAt) })
}

/** A network that takes the process with it: the intent is durable when the request is about to leave. */
function deadlyFetch(killAt: KillPoint): typeof fetch {
  return async (input, init) => {
    const isRefresh = String(init?.body).includes('grant_type=refresh_token')
    if (killAt === 'after-intent' && isRefresh) process.kill(process.pid, 'SIGKILL')
    const response = await fetch(input, init)
    if (killAt === 'after-request' && isRefresh) process.kill(process.pid, 'SIGKILL')
    return response
  }
}

/** Dies when the rotated refresh token is durable and the access token is not. */
function dyingAfterSave(authenticator: Authenticator): Authenticator {
  return {
    description: authenticator.description,
    addAccount: (request, context) => authenticator.addAccount(request, context),
    getAuthToken: (request, context) =>
      authenticator.getAuthToken(request, {
        ...context,
        async replaceCredential(next) {
          const saved = await context.replaceCredential(next)
          process.kill(process.pid, 'SIGKILL')
          return saved
        },
      }),
  }
}
