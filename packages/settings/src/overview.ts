import type { AccountInfo, AuthenticatorDescription } from '@accountry/accounts'
import type { Host } from './host.ts'
import { hasIcon } from './icons.ts'
import type { AccountCard, AccountTypeView, Overview, VaultView } from './model.ts'
import { shownText } from './shown-text.ts'

/** A list of more accounts is cut: no person reads it, and no browser draws it well. */
const MOST_ACCOUNTS = 1_000

/** Everything that the first screen shows. */
export async function overviewOf(host: Host): Promise<Overview> {
  const { accounts, activities, questions, title, clock } = host
  const [health, infos, sync] = await Promise.all([
    vaultView(host),
    accounts.getAccountInfos({ limit: MOST_ACCOUNTS }),
    syncView(host),
  ])
  const total = infos.length < MOST_ACCOUNTS ? infos.length : (await accounts.getAccounts()).length
  const { id, name } = accounts.app
  return {
    title,
    app: { id: shownText(id), ...(name !== undefined && { name: shownText(name) }) },
    vault: health,
    types: accounts.getAuthenticatorTypes().map(typeView),
    accounts: await accountCards(host, infos, sync?.busy ?? new Set()),
    total,
    ...(sync !== undefined && { sync: sync.view }),
    activities: activities.list(),
    questions: questions.list(),
    now: clock.now(),
  }
}

/** The cards of some accounts. */
export async function accountCards(
  { accounts }: Pick<Host, 'accounts'>,
  infos: readonly AccountInfo[],
  busy: ReadonlySet<string>,
): Promise<AccountCard[]> {
  const descriptions = new Map(accounts.getAuthenticatorTypes().map((each) => [each.type, each]))
  const defaults = new Map<string, string | undefined>()
  for (const type of new Set(infos.map(({ account }) => account.type))) {
    defaults.set(type, (await accounts.getDefaultAccount(type))?.id)
  }
  return infos.map((info) => {
    const { type, id } = info.account
    return {
      ...cardOf(info, descriptions.get(type)),
      isDefault: defaults.get(type) === id,
      isSyncing: busy.has(id),
    }
  })
}

/** The ids of the accounts that are being synchronised now. */
export async function busyAccounts({ sync }: Pick<Host, 'sync'>): Promise<Set<string>> {
  return new Set((await sync?.getCurrentSyncs())?.map(({ account }) => account.id))
}

function cardOf(
  { account, state, reason, retryAt }: AccountInfo,
  description: AuthenticatorDescription | undefined,
): Omit<AccountCard, 'isDefault' | 'isSyncing'> {
  return {
    id: account.id,
    type: shownText(account.type),
    name: shownText(account.name),
    label: shownText(description?.label ?? account.type),
    hasIcon: hasIcon(description),
    state,
    isServed: description !== undefined,
    ...(reason !== undefined && { reason: shownText(reason) }),
    ...(retryAt !== undefined && { retryAt }),
  }
}

function typeView(description: AuthenticatorDescription): AccountTypeView {
  return { type: description.type, label: shownText(description.label), hasIcon: hasIcon(description) }
}

async function vaultView({ accounts }: Host): Promise<VaultView> {
  const {
    ok,
    locked,
    persistence,
    directory,
    accounts: count,
    needsAttention,
    providers,
    problems,
  } = await accounts.health()
  return {
    ok,
    locked,
    persistence,
    directory: shownText(directory),
    accounts: count,
    needsAttention,
    providers: providers.map(({ id, protection, usable, why }) => ({
      id: shownText(id),
      protection,
      usable,
      ...(why !== undefined && { why: shownText(why) }),
    })),
    problems: problems.map(({ code, message, fix }) => ({ code, message: shownText(message), fix: shownText(fix) })),
  }
}

async function syncView({
  sync,
}: Host): Promise<{ view: NonNullable<Overview['sync']>; busy: ReadonlySet<string> } | undefined> {
  if (sync === undefined) return undefined
  const [master, current] = await Promise.all([sync.getMasterSyncAutomatically(), sync.getCurrentSyncs()])
  return {
    view: { master, active: current.length },
    busy: new Set(current.map(({ account }) => account.id)),
  }
}
