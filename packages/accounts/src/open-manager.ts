import type { AccountManagerOptions, Timeouts, VaultProblem } from './account-manager-types.ts'
import { DEFAULT_MAX_ACCOUNTS, DEFAULT_TIMEOUTS } from './arguments/open-options.ts'
import { systemClock } from './clock.ts'
import { Engine } from './engine.ts'
import { isAccountError } from './errors.ts'
import { REPLACED } from './health.ts'
import type { KeyProvider } from './key-provider.ts'
import { createDebugLogger, guardedLogger } from './logger.ts'
import { RefreshAhead } from './refresh-ahead.ts'
import { defaultVaultFolder } from './storage/folder.ts'
import { recipientsOf } from './vault/key-providers.ts'
import { rotateWornKey } from './vault/rotation.ts'
import { Vault } from './vault/vault.ts'

/** The slow look that stands behind the doorbell, for rings that were lost. */
const POLL_MS = 2_000

/** What a manager holds while it is open. */
export interface OpenedManager {
  readonly app: { readonly id: string; readonly name?: string }
  readonly engine: Engine
  readonly providers: readonly KeyProvider[]
  /** Only in long-lived hosts that asked for it. */
  readonly ahead: RefreshAhead | undefined
  announceVault(event: 'vault:locked' | 'vault:unlocked', problem?: VaultProblem): void
  close(): void
}

/** Opens the vault, reads its accounts into memory and starts to follow what other processes change. */
export async function openManager(options: AccountManagerOptions): Promise<OpenedManager> {
  const recipients = recipientsOf(options.keyProvider)
  const clock = options.clock ?? systemClock
  const timeouts = timeoutsOf(options.timeouts ?? {})
  const vault = await Vault.open({
    directory: options.directory ?? defaultVaultFolder(options.vault ?? options.app.id),
    recipients,
    minProtection: options.minProtection,
    recover: options.recover === true,
    allowNetworkFileSystem: options.allowNetworkFileSystem === true,
    writeMs: timeouts.writeMs,
    initMs: timeouts.leaseMs,
    now: () => clock.now(),
  })
  const engine = new Engine({
    vault,
    app: { id: options.app.id, system: options.app.system === true },
    clock,
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    log: guardedLogger(options.logger ?? createDebugLogger()),
    timeouts,
    interaction: options.interaction,
    maxAccounts: options.limits?.accounts ?? DEFAULT_MAX_ACCOUNTS,
    random: options.random === undefined ? Math.random : fractionOf(options.random),
  })
  try {
    await engine.load()
    await rotateWornKey(vault, clock.now()).catch((error: unknown) => {
      engine.log.warn('key.not-rotated', { error: isAccountError(error) ? error.code : 'unknown' })
    })
  } catch (error) {
    vault.close()
    throw error
  }
  const stopFollowing = followOthers(engine, warnOnce(engine))
  return {
    app: Object.freeze({ id: options.app.id, ...(options.app.name !== undefined && { name: options.app.name }) }),
    engine,
    providers: recipients.flat(),
    ahead:
      options.background === true
        ? new RefreshAhead({ clock, log: engine.log, random: engine.random, concurrency: options.refresh?.concurrency })
        : undefined,
    announceVault: (event, problem) =>
      engine.events.emit(event, {
        revision: engine.revision,
        at: clock.now(),
        ...(problem !== undefined && { problem }),
      }),
    close: () => {
      stopFollowing()
      engine.events.clear()
      engine.cache.clear()
      vault.close()
    },
  }
}

/** A limit that is there but `undefined` is the default, too. */
function timeoutsOf(given: Partial<Timeouts>): Timeouts {
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...DEFAULT_TIMEOUTS, ...Object.fromEntries(said) }
}

/** A number in [0, 1) from random bytes. */
function fractionOf(bytes: (count: number) => Uint8Array): () => number {
  return () => {
    const drawn = bytes(4)
    return new DataView(drawn.buffer, drawn.byteOffset, 4).getUint32(0) / 2 ** 32
  }
}

/** Says once that the vault's file is not the one that was opened. */
function warnOnce(engine: Engine): () => void {
  let isSaid = false
  return () => {
    if (isSaid || !engine.vault.database.isReplaced) return
    isSaid = true
    const at = engine.clock.now()
    engine.events.emit('vault:warning', { revision: engine.revision, at, problem: REPLACED })
  }
}

function followOthers(engine: Engine, checkFile: () => void): () => void {
  const { doorbell } = engine.vault
  // Nobody could catch what a timer throws; whoever asks for something next gets the error.
  const guarded = (look: () => void) => {
    try {
      look()
    } catch (error) {
      engine.log.warn('look.failed', { error: isAccountError(error) ? error.code : 'unknown' })
    }
  }
  let cancelPoll: () => void
  const poll = () => {
    cancelPoll = engine.clock.setTimer(poll, POLL_MS)
    guarded(checkFile)
    guarded(() => engine.lookNow())
  }
  cancelPoll = engine.clock.setTimer(poll, POLL_MS)
  const stopListening = doorbell.onRing(() => guarded(() => engine.lookNow()))
  return () => {
    cancelPoll()
    stopListening()
  }
}
