import { type AccountManager, type Clock, systemClock } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import type { SyncManager } from '@accountry/sync'
import { QuestionAsker } from './page-interaction.ts'
import type { SettingsPageOptions } from './settings-page.ts'

/** The options with every default filled in. */
export interface CheckedOptions {
  readonly accounts: AccountManager
  readonly sync: SyncManager | undefined
  readonly interaction: QuestionAsker | undefined
  readonly port: number
  readonly host: '127.0.0.1' | '::1'
  readonly title: string
  readonly idleMs: number
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
}

const DEFAULT_IDLE_MS = 1_800_000
const HIGHEST_PORT = 65_535

/** @throws TypeError, RangeError naming the option and what kind of value it is. */
export function checkedOptions(options: SettingsPageOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options must be an object, received ${kindOf(options)}`)
  }
  const { accounts, sync, interaction, signal, clock = systemClock } = options
  const { port = 0, host = '127.0.0.1', title = 'Accounts & sync', idleMs = DEFAULT_IDLE_MS } = options
  if (typeof accounts?.getAccountInfos !== 'function') {
    throw new TypeError(`accounts must be an AccountManager, received ${kindOf(accounts)}`)
  }
  if (sync !== undefined && typeof sync?.getSyncAdapterTypes !== 'function') {
    throw new TypeError(`sync must be a SyncManager, received ${kindOf(sync)}`)
  }
  if (interaction !== undefined && !(interaction instanceof QuestionAsker)) {
    throw new TypeError(`interaction must come from createPageInteraction, received ${kindOf(interaction)}`)
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, received ${kindOf(signal)}`)
  }
  if (typeof port !== 'number') throw new TypeError(`port must be a number, received ${kindOf(port)}`)
  if (!Number.isInteger(port) || port < 0 || port > HIGHEST_PORT) {
    throw new RangeError(`port must be an integer from 0 to ${HIGHEST_PORT}`)
  }
  if (host !== '127.0.0.1' && host !== '::1') throw new TypeError("host must be '127.0.0.1' or '::1'")
  if (typeof title !== 'string' || title.trim() === '') {
    throw new TypeError(`title must be a text, received ${kindOf(title)}`)
  }
  if (typeof idleMs !== 'number') throw new TypeError(`idleMs must be a number, received ${kindOf(idleMs)}`)
  if (!(idleMs > 0)) throw new RangeError('idleMs must be more than 0')
  return { accounts, sync, interaction, port, host, title, idleMs, signal, clock }
}
