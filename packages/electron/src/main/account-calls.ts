import { AccountError, type AuthenticatorDescription } from '@accountry/accounts'
import type { AccountTypeInfo } from '../bridge/calls.ts'
import { type CallHandlers, notOffered } from './call-handlers.ts'
import type { HostSettings } from './host-options.ts'
import { MOST_INFOS } from './request-checks.ts'

type AccountCalls = Pick<
  CallHandlers,
  | 'getAccounts'
  | 'getAccountInfos'
  | 'getAccountInfo'
  | 'getAccountTypes'
  | 'getDefaultAccount'
  | 'setDefaultAccount'
  | 'addAccount'
  | 'updateCredentials'
  | 'confirmCredentials'
  | 'renameAccount'
  | 'removeAccount'
  | 'unlock'
  | 'getHealth'
  | 'openSettings'
>

const MOST_ACCOUNTS = 10_000

/** The calls about accounts. None of them reads a credential. */
export function accountCalls({ accounts, signIn, openSettings }: HostSettings): AccountCalls {
  return {
    async getAccounts() {
      const all = await accounts.getAccounts()
      if (all.length <= MOST_ACCOUNTS) return all
      throw new AccountError('ERR_LIMIT_EXCEEDED', `there are ${all.length} accounts; take pages of getAccountInfos`)
    },
    getAccountInfos: (query) => accounts.getAccountInfos({ ...query, limit: query.limit ?? MOST_INFOS }),
    getAccountInfo: ({ account }) => accounts.getAccountInfo(account),
    getAccountTypes: async () => accounts.getAuthenticatorTypes().map(typeInfo),
    getDefaultAccount: ({ type }) => accounts.getDefaultAccount(type),
    async setDefaultAccount({ type, account }) {
      await accounts.setDefaultAccount(type, account)
      return undefined
    },
    addAccount: ({ type, ...options }, { signal }) => signIn.addAccount(type, { ...options, signal }),
    updateCredentials: ({ account, ...options }, { signal }) =>
      signIn.updateCredentials(account, { ...options, signal }),
    confirmCredentials: ({ account }, { signal }) => accounts.confirmCredentials(account, { signal }),
    renameAccount: ({ account, name }) => accounts.renameAccount(account, name),
    removeAccount: ({ account }, { signal }) => accounts.removeAccount(account, { signal }),
    unlock: (_request, { signal }) => accounts.unlock({ signal }),
    async getHealth() {
      const { directory: _directory, ...health } = await accounts.health()
      return health
    },
    async openSettings() {
      if (openSettings === undefined) throw notOffered('settings')
      await openSettings()
      return undefined
    },
  }
}

function typeInfo({ type, label, icon, tokenTypes = {} }: AuthenticatorDescription): AccountTypeInfo {
  const names = Object.entries(tokenTypes)
  return {
    type,
    label,
    ...(icon !== undefined && { icon }),
    authTokenTypes: Object.fromEntries(names.map(([name, tokenType]) => [name, tokenType.label ?? name])),
  }
}
