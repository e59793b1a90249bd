import type { Account } from '@accountry/accounts'
import type { Engine } from '../engine.ts'
import { decodeExtras, type SyncExtras } from '../extras.ts'
import type { TargetRecord } from '../operation-store.ts'
import { isMasterOn } from '../queue/queue.ts'
import { switchedOff } from '../queue/readiness.ts'
import { openGates } from '../queue/selection.ts'
import { GATE_CHARGING, has, IGNORE_SETTINGS, type OperationRecord, type SyncReason } from '../queue/sync-operation.ts'
import { formatDuration } from './duration.ts'

/** Why a target is not being synchronised now, and when it next may be. */
export interface SyncExplanation {
  readonly state: 'active' | 'queued' | 'waiting' | 'parked' | 'disabled' | 'idle'
  /** In kebab-case, the most decisive first. */
  readonly reasons: string[]
  /** Epoch milliseconds; absent when it depends on something other than time. */
  readonly nextRunAt?: number
  /** What of the machine could not be found out, and is taken as allowed: `metered`, `charging`, `storage`. */
  readonly assumed: readonly string[]
  /** The same as a sentence for a person. */
  readonly text: string
}

type Explanation = Omit<SyncExplanation, 'assumed'>

const SENTENCES: Readonly<Record<string, string>> = {
  running: 'it is being synchronised now',
  stuck: 'its last run was stopped, but the adapter has not returned yet',
  'not-started': 'the engine of this process is not started; another process may do it',
  'no-account': 'there is no such account, or this app may not see it',
  'no-adapter': 'no adapter was ever registered for it',
  'waiting-for-adapter': 'this process has no adapter for it; it waits for one that has',
  'not-syncable': 'it was declared not syncable',
  'not-initialized': 'it waits for its initialisation run',
  'master-off': 'synchronisation is switched off altogether',
  'auto-sync-off': 'automatic synchronisation of it is switched off',
  'no-network': 'there is no network',
  'metered-network': 'the network is metered',
  'not-charging': 'the machine is not charging',
  'storage-low': 'storage is low',
  backoff: 'it waits after errors',
  'delayed-by-server': 'the server asked to wait',
  'not-before': 'it was asked for later',
  conflict: 'another run of the same adapter or target is at work',
  'no-free-slot': 'as many runs as may are at work',
  'too-many-deletions': 'so much would be deleted that the person has to confirm it',
  'access-required': 'another app has to allow this one to use the account',
  'authentication-error': 'its person has to sign in again',
  due: 'it begins in a moment',
  'periodic-only': 'nothing is queued; its next periodic run is set',
  'nothing-requested': 'nothing was asked for',
}

/** What ends when something happens, and nobody knows when. */
const UNTIMED: ReadonlySet<string> = new Set([
  'no-network',
  'metered-network',
  'not-charging',
  'storage-low',
  'stuck',
  'conflict',
  'no-free-slot',
  'not-initialized',
])

export interface ExplainFacts {
  readonly isStarted: boolean
  readonly freeSlots: boolean
}

/** Explains one target from what is stored and what the machine can do now. */
export function explainTarget(
  engine: Engine,
  place: { account: Account | undefined; accountId: string; authority: string },
  facts: ExplainFacts,
): SyncExplanation {
  return { ...explanationOf(engine, place, facts), assumed: engine.environment.unknown }
}

function explanationOf(
  engine: Engine,
  place: { account: Account | undefined; accountId: string; authority: string },
  facts: ExplainFacts,
): Explanation {
  const { store, clock } = engine
  const target = store.targets.find(place.accountId, place.authority)
  if (place.account === undefined) return explained('disabled', ['no-account'])
  const service = store.services.find(place.account.type, place.authority)
  if (service?.registered !== true && engine.adapters.find(place.account.type, place.authority) === undefined) {
    return explained('disabled', ['no-adapter'])
  }
  if (target === undefined) return explained('idle', ['nothing-requested'])
  const operations = store.operations.listOf(target.id)
  if (operations.some(({ state }) => state === 'running')) return explained('active', ['running'])
  if (target.parkedAt !== undefined) return explained('parked', [target.parkedReason ?? 'authentication-error'])
  const queued = operations.filter(({ state }) => state === 'queued' || state === 'held')
  const refusal = refusalOf(engine, target, queued)
  if (refusal !== undefined) return explained('disabled', [refusal, ...heldDeletions(target)])
  const isStuck = operations.some(isStuckRecord)
  if (queued.length === 0) return idle(engine, target, isStuck)
  const now = clock.now()
  const next = queued.reduce((one, other) => (other.dueAt < one.dueAt ? other : one))
  const reasons = reasonsOf(engine, target, next, isStuck, facts, now)
  const waits = reasons.some((reason) => reason !== 'due')
  const isTimed = !reasons.some((reason) => UNTIMED.has(reason))
  const nextRunAt = Math.max(next.dueAt, now)
  return explained(waits ? 'waiting' : 'queued', reasons, { now, ...(isTimed && { nextRunAt }) })
}

/** The switch that keeps everything of a target from running, or nothing. */
function refusalOf(engine: Engine, target: TargetRecord, queued: readonly OperationRecord[]): string | undefined {
  if (target.syncable === 0) return 'not-syncable'
  if (target.syncable < 0 || queued.some(({ flags }) => has(flags, IGNORE_SETTINGS))) return undefined
  return switchedOff({ auto: target.auto, master: isMasterOn(engine.store), ignoreSettings: false })
}

function idle(engine: Engine, target: TargetRecord, isStuck: boolean): Explanation {
  const also = [...(isStuck ? ['stuck'] : []), ...heldDeletions(target)]
  const due = engine.store.periodics.listOf(target.id).filter(({ armed }) => armed)
  if (due.length === 0) return explained('idle', ['nothing-requested', ...also])
  const waits = Math.max(target.backoffUntilAt, target.delayUntilAt)
  const nextRunAt = Math.max(waits, Math.min(...due.map(({ dueAt }) => dueAt)))
  return explained('idle', ['periodic-only', ...also], { now: engine.clock.now(), nextRunAt })
}

function heldDeletions(target: TargetRecord): string[] {
  return target.deletionsHeld > 0 ? ['too-many-deletions'] : []
}

function reasonsOf(
  engine: Engine,
  target: TargetRecord,
  operation: OperationRecord,
  isStuck: boolean,
  facts: ExplainFacts,
  now: number,
): string[] {
  const reasons = [
    !facts.isStarted && 'not-started',
    engine.adapters.serving(operation.service) === undefined && 'waiting-for-adapter',
    operation.state === 'held' && 'not-initialized',
    ...missingConstraints(engine, operation),
    operation.dueAt > now && operation.dueAt === target.delayUntilAt && 'delayed-by-server',
    operation.dueAt > now && operation.dueAt === target.backoffUntilAt && 'backoff',
    operation.dueAt > now && operation.dueAt === operation.notBeforeAt && 'not-before',
    isStuck && 'stuck',
    conflicts(engine, operation) && 'conflict',
    !facts.freeSlots && 'no-free-slot',
    ...heldDeletions(target),
  ].filter((reason): reason is string => typeof reason === 'string')
  return reasons.length > 0 ? reasons : ['due']
}

function isStuckRecord({ state }: OperationRecord): boolean {
  return state === 'stuck'
}

/** A queued operation with the reasons why it does not run now. */
export interface PendingSync {
  readonly id: string
  readonly account: Account
  readonly authority: string
  readonly extras: SyncExtras
  readonly reason: SyncReason
  readonly attempt: number
  readonly state: 'queued' | 'held' | 'parked'
  readonly dueAt: number
  /** In kebab-case, the most decisive first. */
  readonly waitsFor: readonly string[]
}

/** The operations that have not begun, in order of arrival. */
export function listPending(engine: Engine, facts: ExplainFacts, limit: number): PendingSync[] {
  const { store, roster, clock } = engine
  // Once per target: one target may have thousands of operations.
  const stuck = new Map<number, boolean>()
  return store.operations.listWaiting(limit).flatMap((operation) => {
    const target = store.targets.get(operation.target)
    if (target === undefined) return []
    const { accountId: id, accountType: type, authority } = target
    const state = operation.state as PendingSync['state']
    const isStuck = stuck.get(target.id) ?? store.operations.listOf(target.id).some(isStuckRecord)
    stuck.set(target.id, isStuck)
    const waitsFor =
      state === 'parked'
        ? [target.parkedReason ?? 'authentication-error']
        : reasonsOf(engine, target, operation, isStuck, facts, clock.now())
    const account = roster.get(id) ?? { id, type, name: '' }
    const { reason, attempt, dueAt } = operation
    const extras = decodeExtras(operation.extras)
    return [{ id: operation.id, account, authority, extras, reason, attempt, state, dueAt, waitsFor }]
  })
}

function missingConstraints(engine: Engine, operation: OperationRecord): string[] {
  const { environment } = engine
  if (environment.storageLow) return ['storage-low']
  if (openGates(environment).includes(operation.gate)) return []
  const need = operation.gate % GATE_CHARGING
  const missing: string[] = []
  if (need > 0 && environment.network === 'none') missing.push('no-network')
  else if (need === 2 && environment.network === 'metered') missing.push('metered-network')
  if (operation.gate >= GATE_CHARGING && !environment.charging) missing.push('not-charging')
  return missing
}

function conflicts(engine: Engine, operation: OperationRecord): boolean {
  const slot = `service:${operation.service}`
  return engine.store.operations
    .listBusy()
    .some((busy) => busy.target !== operation.target && busy.service === operation.service && busy.slot === slot)
}

function explained(
  state: SyncExplanation['state'],
  reasons: string[],
  next: { now: number; nextRunAt?: number } = { now: 0 },
): Explanation {
  const { now, nextRunAt } = next
  const sentences = reasons.map((reason) => SENTENCES[reason] ?? `the account needs its person (${reason})`)
  const when = nextRunAt === undefined || nextRunAt <= now ? '' : `; next in ${formatDuration(nextRunAt - now)}`
  const text = `${state}: ${sentences.join(', ')}${when}`
  return { state, reasons, ...(nextRunAt !== undefined && { nextRunAt }), text }
}
