import type { Account } from '@accountry/accounts'
import { announceDropped, announceQueued, factsOf, phaseOf } from '../answers/announce.ts'
import type { Engine } from '../engine.ts'
import type { ServiceRecord, TargetRecord } from '../operation-store.ts'
import { ensureInitialization } from '../periodic/initialization.ts'
import { createOperation } from '../queue/operation-factory.ts'
import { dropOperation, enqueue, ensureTarget, isMasterOn } from '../queue/queue.ts'
import { refusalBySettings } from '../queue/readiness.ts'
import type { OperationRecord, SyncReason } from '../queue/sync-operation.ts'
import type { Runner } from '../run/runner.ts'

/** Accounts handled in one transaction, so that a hundred thousand of them do not hold the event loop or the lock. */
const BATCH = 500

interface Begun {
  readonly operation: OperationRecord
  readonly target: TargetRecord
  readonly account: Account
}

/**
 * Makes the targets of these accounts for the services of this process, and begins what a new one needs: an
 * initialisation run, or a first sync where none is needed and the switches are on. What exists is left alone.
 */
export async function welcomeAccounts(
  engine: Engine,
  accounts: readonly Account[],
  services: readonly ServiceRecord[],
  reason: SyncReason,
): Promise<void> {
  const { store } = engine
  for (let start = 0; start < accounts.length; start += BATCH) {
    const batch = accounts.slice(start, start + BATCH)
    if (start > 0) await breathe()
    if (!batch.some((account) => services.some((service) => needsWelcome(engine, account, service)))) continue
    const begun = await store.write(() =>
      batch.flatMap((account) => services.flatMap((service) => welcome(engine, account, service, reason) ?? [])),
    )
    for (const { operation, target, account } of begun) {
      announceQueued(engine, { operation, merged: false, account, authority: target.authority })
    }
    if (begun.length > 0) engine.wake()
  }
}

/** Lets everything else of the process have its turn. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function needsWelcome({ store }: Engine, account: Account, service: ServiceRecord): boolean {
  if (account.type !== service.accountType) return false
  const target = store.targets.find(account.id, service.authority)
  return target === undefined || target.syncable < 0
}

/** Inside a write. */
function welcome(engine: Engine, account: Account, service: ServiceRecord, reason: SyncReason): Begun | undefined {
  const { store, clock } = engine
  if (!needsWelcome(engine, account, service)) return undefined
  const now = clock.now()
  const { target, isNew } = ensureTarget(store, service, account, now)
  if (target.syncable < 0) {
    const begun = ensureInitialization(store, service, target, now, { reason })
    return begun.isNew ? { operation: begun.operation, target, account } : undefined
  }
  const refusal = refusalBySettings({ ...target, master: isMasterOn(store), ignoreSettings: false })
  if (!isNew || refusal !== undefined) return undefined
  const first = createOperation(target, service, { reason }, now, store.owner)
  return { operation: enqueue(store, target, first).operation, target, account }
}

/** Forgets everything about an account that is gone: settings, operations, periodic syncs, status and history. */
export async function forgetAccount(engine: Engine, runner: Runner, accountId: string): Promise<void> {
  const { store, clock } = engine
  const targets = store.targets.list({ accountId })
  if (targets.length === 0) return
  const ended = await store.write(() => {
    const ended: { operation: OperationRecord; target: TargetRecord }[] = []
    for (const target of store.targets.list({ accountId })) {
      for (const operation of store.operations.listOf(target.id)) {
        if (operation.state === 'stuck') continue
        dropOperation(store, operation, 'account-removed', clock.now())
        // What runs here ends with its run; what runs elsewhere is over for whoever waits here.
        if (runner.find(operation.id) === undefined) ended.push({ operation, target })
      }
      store.targets.delete(target.id)
    }
    store.journal.deleteHistoryOf(accountId)
    return ended
  })
  for (const { operation, target } of ended) {
    announceDropped(engine, factsOf(engine, operation, target), phaseOf(operation.state), 'account-removed')
  }
  for (const run of runner.active) {
    if (run.target.accountId === accountId) runner.stop(run, { kind: 'canceled', reason: 'account-removed' })
  }
  engine.wake()
}

/** Forgets the accounts that were removed while nobody looked, as far as this process can tell. */
export async function forgetStaleAccounts(engine: Engine, runner: Runner): Promise<void> {
  const { store, roster } = engine
  for (const { accountId, accountType } of store.targets.accounts()) {
    if (roster.get(accountId) !== undefined) continue
    // An account that is only hidden from this process must not lose its state.
    if (accountType !== '' && !roster.seesAllOf(accountType)) continue
    // It may be so new that no event has told of it yet; this asks the vault.
    if ((await engine.accounts.getAccount(accountId)) !== undefined) continue
    await forgetAccount(engine, runner, accountId)
  }
}
