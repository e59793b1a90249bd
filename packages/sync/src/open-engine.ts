import { systemClock } from '@accountry/accounts'
import { SyncEventHub } from './answers/event-hub.ts'
import { SILENT } from './create-engine.ts'
import { OpenedEngine } from './opened-engine.ts'
import { META_OFFSET } from './queue/queue.ts'
import { openStore, type SetAside } from './sqlite/sqlite-store.ts'
import { AccountRoster } from './surroundings/account-roster.ts'
import { ClockWatch } from './surroundings/clock-watch.ts'
import { checkOptions, type SyncManagerOptions } from './sync-manager-options.ts'

/** Opens the store, reads the accounts, and puts the rooms together. */
export async function openEngine(options: SyncManagerOptions): Promise<OpenedEngine> {
  checkOptions(options)
  const { accounts, random = Math.random, logger = SILENT } = options
  let damaged: SetAside | undefined
  const onSetAside = (found: SetAside): void => {
    damaged = found
  }
  const directory = options.directory ?? accounts.directory
  const store = options.store ?? (await openStore({ directory, onSetAside }))
  const opened: { engine?: OpenedEngine } = {}
  const roster = new AccountRoster(accounts, {
    added: (account) => opened.engine?.accountAdded(account),
    removed: (account) => opened.engine?.accountRemoved(account),
    unlocked: () => opened.engine?.vaultUnlocked(),
    changed: (account, recovered) => opened.engine?.accountChanged(account, recovered),
  })
  try {
    if (store.getMeta(META_OFFSET) === undefined) await store.write(() => store.setMeta(META_OFFSET, String(random())))
    await roster.open()
    const events = new SyncEventHub(logger)
    const { clock = systemClock } = options
    const clockWatch = new ClockWatch(store, clock)
    const warning = damaged && warningOf(damaged)
    opened.engine = new OpenedEngine({ options, store, roster, events, clock, clockWatch, warning })
    for (const adapter of options.adapters ?? []) opened.engine.registerAdapter(adapter)
    await opened.engine.ready()
    return opened.engine
  } catch (error) {
    roster.close()
    if (options.store === undefined) store.close()
    throw error
  }
}

function warningOf({ file, keptAs }: SetAside): { code: string; message: string } {
  const message = `${file} was damaged. It is kept as ${keptAs}; settings and queued syncs begin anew`
  return { code: 'ERR_VAULT_CORRUPT', message }
}
