import type { AccountVisibility } from '@accountry/accounts'
import type { SyncManager } from '@accountry/sync'
import type { Host } from './host.ts'
import type { ActivityView } from './model.ts'
import type { Fields } from './request-body.ts'
import { BadRequest } from './shown-error.ts'

/** What an action answers: the activity that was started, or nothing. */
export type ActionResult = { readonly activity?: ActivityView; readonly outcome?: string; readonly reason?: string }

type Action = (host: Host, fields: Fields) => Promise<ActionResult> | ActionResult

/** Everything that the page can change. Each is a POST to `api/` and its name. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['add-account', addAccount],
  ['reauthenticate', reauthenticate],
  ['rename', rename],
  ['remove', remove],
  ['set-default', setDefault],
  ['unlock', unlock],
  ['lock', lock],
  ['set-master-sync', setMasterSync],
  ['set-automatic', setAutomatic],
  ['sync-now', syncNow],
  ['cancel-sync', cancelSync],
  ['answer-deletions', answerDeletions],
  ['revoke-grant', revokeGrant],
  ['set-visibility', setVisibility],
  ['answer', answer],
  ['dismiss', dismiss],
  ['cancel', cancel],
])

function addAccount({ accounts, activities }: Host, fields: Fields): ActionResult {
  const type = fields.text('type')
  const activity = activities.start({ kind: 'add', type }, async (signal) => {
    return (await accounts.addAccount(type, { signal })).id
  })
  return { activity }
}

function reauthenticate({ accounts, activities }: Host, fields: Fields): ActionResult {
  const account = fields.text('account')
  const activity = activities.start({ kind: 'reauthenticate', account }, async (signal) => {
    return (await accounts.updateCredentials(account, { signal })).id
  })
  return { activity }
}

async function rename({ accounts }: Host, fields: Fields): Promise<ActionResult> {
  await accounts.renameAccount(fields.text('account'), fields.text('name'))
  return {}
}

/** An activity, because an authenticator may ask its service, or the person, whether that is allowed. */
function remove({ accounts, activities }: Host, fields: Fields): ActionResult {
  const account = fields.text('account')
  return {
    activity: activities.start({ kind: 'remove', account }, (signal) => accounts.removeAccount(account, { signal })),
  }
}

async function setDefault({ accounts }: Host, fields: Fields): Promise<ActionResult> {
  const { account } = await accounts.getAccountInfo(fields.text('account'))
  await accounts.setDefaultAccount(account.type, fields.flag('on') ? account : undefined)
  return {}
}

/** An activity, because a keychain may prompt. */
function unlock({ accounts, activities }: Host): ActionResult {
  const activity = activities.start({ kind: 'unlock' }, async (signal) => {
    return (await accounts.unlock({ interaction: 'allow', signal })) ? 'unlocked' : 'locked'
  })
  return { activity }
}

function lock({ accounts }: Host): ActionResult {
  accounts.lock()
  return {}
}

async function setMasterSync(host: Host, fields: Fields): Promise<ActionResult> {
  await syncOf(host).setMasterSyncAutomatically(fields.flag('on'))
  return {}
}

async function setAutomatic(host: Host, fields: Fields): Promise<ActionResult> {
  await syncOf(host).setSyncAutomatically(await targetOf(host, fields), fields.flag('on'))
  return {}
}

/** As Android's menu "Sync now": although the switches are off, and at once. */
async function syncNow(host: Host, fields: Fields): Promise<ActionResult> {
  const { account } = await host.accounts.getAccountInfo(fields.text('account'))
  const authority = fields.optionalText('authority')
  const handle = syncOf(host).requestSync({
    account,
    manual: true,
    expedited: true,
    ...(authority !== undefined && { authority }),
  })
  await handle.accepted
  return { outcome: handle.outcome, ...(handle.reason !== undefined && { reason: handle.reason }) }
}

async function cancelSync(host: Host, fields: Fields): Promise<ActionResult> {
  const authority = fields.optionalText('authority')
  await syncOf(host).cancelSync({ account: fields.text('account'), ...(authority !== undefined && { authority }) })
  return {}
}

/** Android's "too many deletes": go on and delete them at the service, or fetch the local copies again. */
async function answerDeletions(host: Host, fields: Fields): Promise<ActionResult> {
  const deletions = fields.oneOf('deletions', ['override', 'discard'] as const)
  const handle = syncOf(host).requestSync({ ...(await targetOf(host, fields)), manual: true, deletions })
  await handle.accepted
  return { outcome: handle.outcome }
}

async function revokeGrant({ accounts, stream }: Host, fields: Fields): Promise<ActionResult> {
  const account = fields.text('account')
  await accounts.revokeAuthTokenGrant(account, fields.text('authTokenType'), fields.text('principal'))
  // Grants are announced to nobody, so other tabs are told here.
  stream.changed([account])
  return {}
}

async function setVisibility({ accounts, stream }: Host, fields: Fields): Promise<ActionResult> {
  const account = fields.text('account')
  const visibility: AccountVisibility = fields.flag('on') ? 'user-managed-visible' : 'user-managed-not-visible'
  await accounts.setAccountVisibility(account, fields.text('principal'), visibility)
  stream.changed([account])
  return {}
}

function answer({ questions }: Host, fields: Fields): ActionResult {
  questions.answer(fields.text('question'), {
    values: fields.optionalTexts('values'),
    account: fields.optionalText('account'),
    allowed: fields.optionalFlag('allowed'),
  })
  return {}
}

function dismiss({ questions }: Host, fields: Fields): ActionResult {
  questions.dismiss(fields.text('question'))
  return {}
}

function cancel({ activities }: Host, fields: Fields): ActionResult {
  activities.cancel(fields.text('activity'))
  return {}
}

function syncOf({ sync }: Host): SyncManager {
  if (sync === undefined) throw new BadRequest('This page shows no synchronisation')
  return sync
}

async function targetOf(
  { accounts }: Host,
  fields: Fields,
): Promise<{ account: Awaited<ReturnType<typeof accounts.getAccountInfo>>['account']; authority: string }> {
  const { account } = await accounts.getAccountInfo(fields.text('account'))
  return { account, authority: fields.text('authority') }
}
