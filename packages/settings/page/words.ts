import type { AccountCard, AuthorityView, HistoryView, ShownError } from '../src/model.ts'

/** What a person can do about an error. A new code without advice does not compile. */
const ADVICE: Readonly<Record<ShownError['code'], string>> = {
  ERR_ACCOUNT_NOT_FOUND: 'It may have been removed in another window. Go back to the list.',
  ERR_ACCOUNT_EXISTS: 'Choose another name, or remove the other account first.',
  ERR_AUTHENTICATOR_NOT_FOUND: 'Open the app that this account belongs to, and do it there.',
  ERR_AUTHENTICATOR_EXISTS: 'This is a mistake of the app. Please tell its developer.',
  ERR_AUTHENTICATOR_FAILED: 'Try again. If it happens again, tell the developer of the app.',
  ERR_AUTHENTICATOR_TIMEOUT: 'The service took too long. Try again in a moment.',
  ERR_INVALID_RESPONSE: 'The service answered something that cannot be used. Try again later.',
  ERR_INTERACTION_REQUIRED: 'Sign in again to go on.',
  ERR_INTERACTION_CANCELED: 'Nothing was changed. Start again whenever you like.',
  ERR_INTERACTION_TIMEOUT: 'Start again, and finish within ten minutes.',
  ERR_DENIED: 'Nothing was changed. If you want it all the same, start again and allow it.',
  ERR_BAD_CREDENTIALS: 'Check what you typed, and try again.',
  ERR_IDENTITY_MISMATCH: 'Sign in as the same person. To use another one, add it as a new account.',
  ERR_SCOPE_NOT_GRANTED: 'Sign in again, and leave every permission switched on.',
  ERR_NETWORK: 'Check the connection to the internet, then try again.',
  ERR_THROTTLED: 'The service wants a pause. Try again later.',
  ERR_SERVER: 'The service has a problem of its own. Try again later.',
  ERR_TLS: 'The connection is not secure. Check the network, and the date and time of this computer.',
  ERR_CLOCK_SKEW: 'Set the date and time of this computer, then try again.',
  ERR_MISCONFIGURED: 'The app is not set up for this service. Please tell its developer.',
  ERR_UNSUPPORTED: 'This kind of account cannot do that.',
  ERR_LIMIT_EXCEEDED: 'Use something shorter, or wait until other things have ended.',
  ERR_VAULT_LOCKED: 'Unlock the vault, then try again.',
  ERR_VAULT_UNAVAILABLE: 'Start the keychain of this computer, then unlock the vault.',
  ERR_VAULT_KEY_LOST: 'Restore the key from where it was kept. Without it, accounts have to sign in again.',
  ERR_VAULT_CORRUPT: 'Restore the folder of the vault from a backup, or let the app start a new one.',
  ERR_VAULT_NEWER: 'Update the app: a newer version has used this vault.',
  ERR_STORAGE_WRITE: 'Free some disk space and check that the folder can be written, then try again.',
  ERR_LOCK_TIMEOUT: 'Another program is busy with this account. Try again in a moment.',
  ERR_SESSION_INVALID: 'Start again from the beginning.',
  ERR_IMPORT_INVALID: 'Check the file and its key.',
  ERR_ORIGIN_NOT_ALLOWED: 'This is a mistake of the app. Please tell its developer.',
  ERR_NOT_REPLAYABLE: 'Try again.',
  ERR_ABORTED: 'Nothing was changed. Start again whenever you like.',
  ERR_CLOSED: 'The app is closing. Open this page again from the app.',
  ERR_BAD_REQUEST: 'Change what you entered, and try again.',
  ERR_UNEXPECTED: 'Try again. If it happens again, tell the developer of the app.',
}

export function adviceFor({ code }: ShownError): string {
  return ADVICE[code] ?? ADVICE.ERR_UNEXPECTED
}

/** How an account is, in words: short for lists, and as a sentence. */
export interface StateWords {
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet' | 'busy'
  readonly short: string
  readonly sentence?: string
}

const STATE_WORDS: Readonly<Record<AccountCard['state'], StateWords>> = {
  ok: { tone: 'good', short: 'Signed in' },
  'needs-reauth': {
    tone: 'bad',
    short: 'Sign in again',
    sentence: 'The service no longer accepts this sign-in. Apps get nothing from this account until you sign in again.',
  },
  'needs-interaction': {
    tone: 'bad',
    short: 'Needs you',
    sentence: 'The service wants to ask you something. Sign in again to answer it.',
  },
  misconfigured: {
    tone: 'bad',
    short: 'Not set up',
    sentence: 'The app is not set up for this service any more. Its developer can mend that; signing in again cannot.',
  },
  degraded: {
    tone: 'warn',
    short: 'Service out of reach',
    sentence: 'The service did not answer as it should. It is asked again by itself; nothing is lost.',
  },
  'identity-changed': {
    tone: 'bad',
    short: 'Another person',
    sentence: 'The service answered for somebody else. Sign in again as the person whose account this is.',
  },
  orphaned: {
    tone: 'quiet',
    short: 'Of another app',
    sentence: 'This app does not know this kind of account. The account is safe; manage it in the app that added it.',
  },
}

export function stateWords(card: Pick<AccountCard, 'state'>): StateWords {
  return STATE_WORDS[card.state]
}

/** What can be done about the state by signing in. */
export function canSignInAgain({ state, isServed }: AccountCard): boolean {
  return isServed && (state === 'needs-reauth' || state === 'needs-interaction' || state === 'identity-changed')
}

const REASONS: Readonly<Record<string, string>> = {
  revoked_or_reused: 'The sign-in was revoked, or used from somewhere else.',
  rotation_response_lost: 'An answer of the service was lost on the way.',
  expired: 'The sign-in has expired.',
  token_rejected: 'The service rejected the key.',
  no_credential: 'There is no sign-in stored.',
  'other-client': 'The account was added with another configuration of the app.',
}

export function reasonText(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : REASONS[reason]
}

/** How the synchronisation of one authority is, in one short line. */
export function syncWords(view: AuthorityView): { tone: StateWords['tone']; text: string } {
  const { explanation, active, pending } = view
  if (active) return { tone: 'busy', text: 'Syncing now' }
  if (view.deletionsHeld !== undefined) return { tone: 'warn', text: 'Waits for your answer' }
  if (explanation.state === 'parked') return { tone: 'bad', text: 'Paused until you sign in again' }
  if (!view.isSyncable) return { tone: 'quiet', text: 'Cannot be synced' }
  if (isFailing(view)) return { tone: 'bad', text: 'The last sync failed' }
  if (pending) return { tone: 'quiet', text: 'Waiting to sync' }
  if (!view.automatic) return { tone: 'quiet', text: 'Off' }
  return view.lastSuccessAt === undefined
    ? { tone: 'quiet', text: 'Not synced yet' }
    : { tone: 'good', text: 'Up to date' }
}

function isFailing({ lastFailureAt, lastSuccessAt }: AuthorityView): boolean {
  return lastFailureAt !== undefined && lastFailureAt > (lastSuccessAt ?? 0)
}

const OUTCOMES: Readonly<Record<string, { tone: StateWords['tone']; text: string }>> = {
  success: { tone: 'good', text: 'Synced' },
  'soft-error': { tone: 'warn', text: 'Failed, tried again' },
  'hard-error': { tone: 'bad', text: 'Failed' },
  canceled: { tone: 'quiet', text: 'Cancelled' },
  parked: { tone: 'bad', text: 'Needs you to sign in' },
  stopped: { tone: 'quiet', text: 'Stopped, goes on later' },
}

export function outcomeWords({ outcome }: HistoryView): { tone: StateWords['tone']; text: string } {
  return OUTCOMES[outcome] ?? { tone: 'quiet', text: outcome }
}

/** `3 added, 1 changed`, or nothing. */
export function countsText({ inserts, updates, deletes }: HistoryView): string | undefined {
  const counts = [
    [inserts, 'added'],
    [updates, 'changed'],
    [deletes, 'deleted'],
  ] as const
  const words = counts.filter(([count]) => count > 0).map(([count, word]) => `${count.toLocaleString('en')} ${word}`)
  return words.length > 0 ? words.join(', ') : undefined
}

const SYNC_REASONS: Readonly<Record<string, string>> = {
  user: 'you asked',
  app: 'an app asked',
  periodic: 'on schedule',
  'local-change': 'local change',
  push: 'news from the service',
  'account-recovered': 'signed in again',
  'accounts-updated': 'new account',
  'auto-sync': 'switched on',
  'master-sync-auto': 'switched on',
  'is-syncable': 'first sync',
  'service-changed': 'app updated',
  'more-records': 'more to get',
}

export function syncReasonText(reason: string): string {
  return SYNC_REASONS[reason] ?? reason.replaceAll('-', ' ')
}

const PROTECTIONS: Readonly<Record<string, string>> = {
  'os-acl': 'Guarded by the keychain, for this app only',
  'os-user': 'Guarded by the keychain of this user',
  passphrase: 'Guarded by a passphrase',
  none: 'Not guarded',
}

export function protectionText(protection: string): string {
  return PROTECTIONS[protection] ?? protection
}

/** A sentence out of an explanation: `auto-sync is off` becomes `Auto-sync is off.` */
export function sentence(text: string): string {
  const trimmed = text.trim()
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1)
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`
}
