import type { Account, AccountManager } from '@accountry/accounts'
import { isAccountError } from '@accountry/accounts'
import type { AuthorizationServer } from '@accountry/testing'
import { printable } from '../terminal/printable.ts'

/** What a step of the tour works with. */
export interface Trial {
  readonly server: AuthorizationServer
  readonly accounts: AccountManager
}

/** One thing to see, and whether it was as promised. */
export interface TourStep {
  readonly name: string
  perform(trial: Trial): Promise<{ ok: boolean; detail: string }>
}

const CALLERS = 50

/** An account's life from signing in to removal, as an app sees it. */
export const tour: readonly TourStep[] = [
  {
    name: 'Sign in with the authorization-code flow and PKCE',
    async perform({ accounts }) {
      const account = await accounts.addAccount('local')
      return { ok: true, detail: `${printable(account.name)} is in the vault, refresh token sealed` }
    },
  },
  {
    name: 'Get an access token without asking anybody',
    async perform(trial) {
      const token = await trial.accounts.getAuthToken(await onlyAccount(trial), 'tasks')
      const seconds = Math.round(((token.expiresAt ?? 0) - Date.now()) / 1000)
      return {
        ok: token.value !== '',
        detail: `${token.scheme} token for ${token.scopes.join(' ')}, good for ${seconds} s`,
      }
    },
  },
  {
    name: `Let ${CALLERS} callers meet a rejected token at once`,
    async perform(trial) {
      const { accounts, server } = trial
      const account = await onlyAccount(trial)
      const rejected = await accounts.getAuthToken(account, 'tasks')
      const before = server.requestsTo('token', 'refresh_token').length
      const callers = Array.from({ length: CALLERS }, async () => {
        await accounts.invalidateAuthToken(rejected)
        return (await accounts.getAuthToken(account, 'tasks')).value
      })
      const values = new Set(await Promise.all(callers))
      const requests = server.requestsTo('token', 'refresh_token').length - before
      const ok = requests === 1 && values.size === 1 && !values.has(rejected.value)
      return { ok, detail: `${requests} refresh request, ${values.size} new token for all` }
    },
  },
  {
    name: 'Rotate the refresh token at a server that allows no second use',
    async perform(trial) {
      const { accounts, server } = trial
      const account = await onlyAccount(trial)
      const before = await accounts.getPassword(account)
      await accounts.getAuthToken(account, 'tasks', { forceRefresh: true })
      const after = await accounts.getPassword(account)
      const alive = await server.isRefreshTokenAlive(after ?? '')
      const detail = 'the new one was durable before the access token was handed out; the grant is alive'
      return { ok: before !== after && alive, detail }
    },
  },
  {
    name: 'Lose access at the service',
    async perform(trial) {
      const { accounts, server } = trial
      const account = await onlyAccount(trial)
      await server.revokeGrant((await accounts.getPassword(account)) ?? '')
      const error: unknown = await accounts.getAuthToken(account, 'tasks', { forceRefresh: true }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      const { state, reason } = await accounts.getAccountInfo(account)
      const ok = isAccountError(error) && error.code === 'ERR_INTERACTION_REQUIRED' && state === 'needs-reauth'
      return { ok, detail: `the account is still listed, and says ${state} (${reason ?? 'no reason'})` }
    },
  },
  {
    name: 'Sign in again to the same account',
    async perform(trial) {
      const { accounts } = trial
      const account = await onlyAccount(trial)
      const updated = await accounts.updateCredentials(account)
      const token = await accounts.getAuthToken(updated, 'tasks')
      return { ok: updated.id === account.id && token.value !== '', detail: 'same account, working again' }
    },
  },
  {
    name: 'Remove the account and end its access at the service',
    async perform(trial) {
      const { accounts, server } = trial
      const account = await onlyAccount(trial)
      const result = await accounts.removeAccount(account)
      const left = await accounts.getAccounts()
      await accounts.close()
      const revoked = server.requestsTo('revocation').length > 0
      return { ok: result === 'removed' && left.length === 0 && revoked, detail: 'gone here, and revoked there' }
    },
  },
]

async function onlyAccount({ accounts }: Trial): Promise<Account> {
  return await accounts.resolveAccount('local')
}
