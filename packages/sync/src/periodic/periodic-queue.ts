import type { Engine } from '../engine.ts'
import type { PeriodicRecord } from '../operation-store.ts'
import { createOperation } from '../queue/operation-factory.ts'
import { enqueue } from '../queue/queue.ts'
import { openGates } from '../queue/selection.ts'
import { gateOf } from '../queue/sync-operation.ts'
import { nextDueAt } from './periodic.ts'

const AT_ONCE = 256

/**
 * Turns periodic syncs that are due into operations, and sets their next due instant. Inside a write.
 *
 * One whose last run is still waiting or running, retries included, is skipped: its next period comes.
 */
export function queueDuePeriodics(engine: Engine, now: number): void {
  for (const service of engine.adapters.served()) {
    for (const periodic of engine.store.periodics.listDue(service, now, AT_ONCE)) queuePeriodic(engine, periodic, now)
  }
}

/**
 * Turns up to `wanted` periodic syncs that may run early into operations, because the machine is awake and its network
 * in use anyway. Inside a write. Returns whether there were any.
 */
export function queueOpenPeriodics(engine: Engine, now: number, wanted: number): boolean {
  const { store, adapters, environment } = engine
  const gates = openGates(environment)
  let left = wanted
  for (const id of adapters.served()) {
    const service = store.services.get(id)
    if (service === undefined || !gates.includes(gateOf(0, service.network))) continue
    for (const periodic of store.periodics.listOpen(id, now, left)) {
      queuePeriodic(engine, periodic, now)
      left--
    }
  }
  return left < wanted
}

/** Inside a write. */
export function queuePeriodic(engine: Engine, periodic: PeriodicRecord, now: number): void {
  const { store } = engine
  store.periodics.save({ ...periodic, dueAt: nextDueAt(periodic, now) })
  const target = store.targets.get(periodic.target)
  const service = store.services.get(periodic.service)
  if (target === undefined || service === undefined) return
  if (store.operations.hasOfPeriodic(periodic.id)) return
  const draft = { extras: periodic.extras, reason: 'periodic', source: 'periodic', periodic: periodic.id } as const
  enqueue(store, target, createOperation(target, service, draft, now, store.owner))
}
