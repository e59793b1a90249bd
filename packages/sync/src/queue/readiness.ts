import { kindOf } from '@accountry/accounts/contract'

/** Whether a target can be synchronised: 1 yes, 0 no, -1 not known before an initialisation run. Android's states. */
export type Syncable = -1 | 0 | 1

/** Why a request is refused by a setting. */
export type SettingsRefusal = 'not-syncable' | 'auto-sync-off' | 'master-off'

/** What decides whether an operation is wanted. */
export interface ReadinessFacts {
  readonly syncable: Syncable
  /** The switch of this target. */
  readonly auto: boolean
  /** The switch of everything. */
  readonly master: boolean
  readonly ignoreSettings: boolean
}

/**
 * Why the settings forbid a run, or nothing.
 *
 * A target that is not initialised is let through: its first run only finds out whether it can be synchronised.
 */
export function refusalBySettings(facts: ReadinessFacts): SettingsRefusal | undefined {
  if (facts.syncable === 0) return 'not-syncable'
  if (facts.syncable < 0) return undefined
  return switchedOff(facts)
}

/** Which switch is off, or nothing. */
export function switchedOff(facts: Omit<ReadinessFacts, 'syncable'>): SettingsRefusal | undefined {
  if (facts.ignoreSettings) return undefined
  if (!facts.master) return 'master-off'
  return facts.auto ? undefined : 'auto-sync-off'
}

/** Android's normalisation: above 0 is 1, below 0 is -1. */
export function toSyncable(value: unknown): Syncable {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new TypeError(`syncable must be a number or a boolean, received ${kindOf(value)}`)
  }
  return value > 0 ? 1 : value < 0 ? -1 : 0
}

/** Whether periodic syncs of a target run: it is syncable and nothing is switched off. */
export function canRunPeriodically(facts: { syncable: Syncable; auto: boolean; master: boolean }): boolean {
  return facts.syncable > 0 && facts.auto && facts.master
}
