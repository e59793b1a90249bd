import type { AccountRef } from '@accountry/accounts'
import type { Engine } from '../engine.ts'
import type { CanonicalExtras } from '../extras.ts'
import { canonicalExtras, decodeExtras } from '../extras.ts'
import type { PeriodicRecord, TargetRecord } from '../operation-store.ts'
import type { PeriodicSync, PeriodicSyncRequest } from '../periodic-sync.ts'
import { installOffset, isMasterOn } from '../queue/queue.ts'
import { canRunPeriodically } from '../queue/readiness.ts'
import { cancelOperations } from '../run/cancellation.ts'
import type { Runner } from '../run/runner.ts'
import {
  accountIdOf,
  checkedAccount,
  checkedAuthority,
  checkedDuration,
  checkedObject,
  checkedTarget,
} from '../sync-request.ts'
import { defaultFlexMs, firstDueAt } from './periodic.ts'

const FOR_ONE_RUN_ONLY = [
  'manual',
  'expedited',
  'ignoreSettings',
  'ignoreBackoff',
  'doNotRetry',
  'initialize',
  'upload',
] as const

/** The list of what runs periodically. */
export class PeriodicSyncs {
  readonly #engine: Engine
  readonly #runner: Runner
  readonly #ensureTarget: (account: AccountRef, authority: string) => TargetRecord

  constructor(engine: Engine, runner: Runner, ensureTarget: (account: AccountRef, authority: string) => TargetRecord) {
    this.#engine = engine
    this.#runner = runner
    this.#ensureTarget = ensureTarget
  }

  /** Adds it, or updates period and flex; adding the same again changes nothing, so that apps may at each start. */
  async add(request: PeriodicSyncRequest): Promise<void> {
    const { account, authority } = checkedTarget(request)
    refuseSettings(request)
    const extras = canonicalExtras(request.extras)
    const { minPeriodMs, store, clock } = this.#engine
    const asked = checkedDuration(request.periodMs, 'periodMs')
    if (asked === 0) throw new RangeError('periodMs must be more than 0')
    const flexAsked = request.flexMs === undefined ? undefined : checkedDuration(request.flexMs, 'flexMs')
    if (flexAsked !== undefined && flexAsked > asked) throw new RangeError('flexMs must not be more than periodMs')
    const periodMs = Math.max(asked, minPeriodMs)
    const flexMs = flexAsked ?? defaultFlexMs(periodMs)
    const nextRunAt = checkedNextRunAt(request.nextRunAt, clock.now() + periodMs)
    const changed = await store.write(() => {
      const target = this.#ensureTarget(account, authority)
      const changed = this.#store(target, extras, periodMs, flexMs, clock.now())
      return this.#overrideNext(target, extras, nextRunAt) || changed
    })
    if (changed) this.#announce(account, authority)
  }

  /** Removes it, its waiting run and its running one. Not there: nothing happens. */
  async remove(request: Pick<PeriodicSyncRequest, 'account' | 'authority' | 'extras'>): Promise<void> {
    const { account, authority } = checkedTarget(request)
    const extras = canonicalExtras(request.extras)
    const { store } = this.#engine
    const removed = await store.write(() => {
      const target = store.targets.find(accountIdOf(account), authority)
      const periodic = target && store.periodics.find(target.id, extras)
      if (periodic !== undefined) store.periodics.delete(periodic.id)
      return periodic
    })
    if (removed === undefined) return
    const matches = (operation: { periodic: number | undefined }): boolean => operation.periodic === removed.id
    await cancelOperations(this.#engine, this.#runner, { accountId: accountIdOf(account), authority, matches })
    this.#announce(account, authority)
  }

  list(filter: { account?: AccountRef; authority?: string } = {}): PeriodicSync[] {
    checkedObject(filter, 'filter')
    const { store } = this.#engine
    const targets = store.targets.list({
      ...(filter.account !== undefined && { accountId: accountIdOf(checkedAccount(filter.account)) }),
      ...(filter.authority !== undefined && { authority: checkedAuthority(filter.authority) }),
    })
    return targets.flatMap((target) =>
      store.periodics.listOf(target.id).map((periodic) => this.#shown(target, periodic)),
    )
  }

  /** Inside a write. */
  #store(target: TargetRecord, extras: CanonicalExtras, periodMs: number, flexMs: number, now: number): boolean {
    const { store } = this.#engine
    const known = store.periodics.find(target.id, extras)
    if (known === undefined) {
      const armed = canRunPeriodically({ ...target, master: isMasterOn(store) })
      const dueAt = firstDueAt(now, periodMs, flexMs, installOffset(store))
      const place = { target: target.id, service: target.service, extras }
      store.periodics.insert({ ...place, periodMs, flexMs, dueAt, armed, createdAt: now })
      return true
    }
    if (known.periodMs === periodMs && known.flexMs === flexMs) return false
    // Counted from the last run, not from now: an app that changes its mind at each start still gets its runs.
    const lastRunAt = known.dueAt - known.periodMs
    store.periodics.save({ ...known, periodMs, flexMs, dueAt: lastRunAt + periodMs })
    return true
  }

  /** Inside a write. */
  #overrideNext(target: TargetRecord, extras: CanonicalExtras, nextRunAt: number | undefined): boolean {
    const { store } = this.#engine
    const periodic = store.periodics.find(target.id, extras)
    if (nextRunAt === undefined || periodic === undefined) return false
    store.periodics.save({ ...periodic, dueAt: nextRunAt })
    return true
  }

  #shown(target: TargetRecord, periodic: PeriodicRecord): PeriodicSync {
    const { accountId: id, accountType: type, authority } = target
    const account = this.#engine.roster.get(id) ?? { id, type, name: '' }
    const { periodMs, flexMs, dueAt, armed } = periodic
    const shown = { account, authority, extras: decodeExtras(periodic.extras), periodMs, flexMs }
    return armed ? { ...shown, nextRunAt: dueAt } : shown
  }

  #announce(ref: AccountRef, authority: string): void {
    const { events, clock, roster } = this.#engine
    const account = roster.get(accountIdOf(ref))
    events.emit('sync:settings', { at: clock.now(), setting: 'periodic', ...(account && { account }), authority })
    this.#engine.wake()
  }
}

function checkedNextRunAt(nextRunAt: unknown, latest: number): number | undefined {
  if (nextRunAt === undefined) return undefined
  const at = checkedDuration(nextRunAt, 'nextRunAt')
  if (at > latest) throw new RangeError('nextRunAt must not be more than one period from now')
  return at
}

/** What overrides settings for one run makes no sense again and again. (ContentResolver.addPeriodicSync) */
function refuseSettings(request: object): void {
  for (const name of FOR_ONE_RUN_ONLY) {
    const { [name]: inRequest, extras } = request as Record<string, unknown>
    const inExtras = (extras as Record<string, unknown> | undefined)?.[name]
    if (inRequest === true || inExtras === true) throw new TypeError(`${name} is for one run and cannot be periodic`)
  }
}
