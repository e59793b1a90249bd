import { isAccountError } from '../errors.ts'
import type { KeyOutcome, KeyProvider, KeyRequestOptions } from '../key-provider.ts'
import { KEY_BYTES } from './sealing.ts'

/** A keychain that may not prompt answers within seconds (ST-05). */
const QUIET_DEADLINE_MS = 15_000
/** A little longer than the prompt of a keychain stays open. */
const PROMPT_DEADLINE_MS = 130_000
/** The app's own prompt for a passphrase: as long as any interaction. */
const PASSPHRASE_DEADLINE_MS = 600_000

const REFUSALS = ['absent', 'locked', 'denied', 'corrupt', 'unavailable'] as const
type Refusal = Exclude<KeyOutcome, { kind: 'found' }>

/**
 * Asks a provider for a key. Whatever it does is one of the outcomes that there are: one that fails, that does not
 * answer in time or that answers something else says nothing about the key.
 */
export async function askForKey(
  provider: KeyProvider,
  request: KeyRequestOptions,
  ask: () => Promise<unknown>,
): Promise<KeyOutcome> {
  try {
    return checkedOutcome(await inTime(provider, request, ask))
  } catch (error) {
    return refusalOf(error)
  }
}

/** Has a provider encrypt a key. What it answers must be bytes, or the vault could never be opened again. */
export async function askToWrap(
  provider: KeyProvider & { readonly kind: 'wrap' },
  key: Uint8Array,
  request: KeyRequestOptions,
): Promise<{ kind: 'wrapped'; blob: Uint8Array } | Refusal> {
  try {
    const blob: unknown = await inTime(provider, request, async () => await provider.wrap(key, request))
    if (isBytes(blob) && blob.length > 0) return { kind: 'wrapped', blob }
    return { kind: 'unavailable', why: 'it answered no encrypted key' }
  } catch (error) {
    return refusalOf(error)
  }
}

/** Has a provider do something. @returns `undefined` when it did, or why not. */
export async function askToDo(
  provider: KeyProvider,
  request: KeyRequestOptions,
  task: () => Promise<unknown>,
): Promise<Refusal | undefined> {
  try {
    await inTime(provider, request, task)
    return undefined
  } catch (error) {
    return refusalOf(error)
  }
}

class Deadline extends Error {}

async function inTime<T>(provider: KeyProvider, request: KeyRequestOptions, task: () => Promise<T>): Promise<T> {
  const { signal } = request
  const ended = Promise.withResolvers<never>()
  const end = () => ended.reject(new Deadline())
  // Somebody waits for the answer, so this timer keeps the process alive until it comes or is given up.
  const timer = setTimeout(end, deadlineOf(provider, request))
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end, { once: true })
  try {
    const work = (async () => await task())()
    work.catch(() => undefined)
    return await Promise.race([work, ended.promise])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
}

function deadlineOf({ protection }: KeyProvider, { interaction }: KeyRequestOptions): number {
  if (interaction === 'never') return QUIET_DEADLINE_MS
  if (protection === 'passphrase') return PASSPHRASE_DEADLINE_MS
  return interaction === 'allow' ? PROMPT_DEADLINE_MS : QUIET_DEADLINE_MS
}

function checkedOutcome(answer: unknown): KeyOutcome {
  const { kind, key, why, rewrap } = (answer ?? {}) as Record<string, unknown>
  if (kind === 'found') {
    if (isBytes(key) && key.length === KEY_BYTES) return { kind, key, ...(rewrap === true && { rewrap }) }
    return { kind: 'corrupt', why: 'what it holds is no key of 32 bytes' }
  }
  const refusal = REFUSALS.find((known) => known === kind)
  if (refusal === undefined) return { kind: 'unavailable', why: 'it gave no answer that has a meaning' }
  return { kind: refusal, why: typeof why === 'string' && why !== '' ? why : 'it did not say why' }
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Deadline) return { kind: 'locked', why: 'it did not answer in time, or was told to stop' }
  const isLocked = isAccountError(error) && error.code === 'ERR_VAULT_LOCKED'
  return { kind: isLocked ? 'locked' : 'unavailable', why: failureOf(error) }
}

/** What a provider threw, in words; those of a foreign error may hold a key. */
function failureOf(error: unknown): string {
  if (isAccountError(error)) return error.message
  return `it failed with ${nameOf(error)}`
}

function nameOf(error: unknown): string {
  try {
    return error instanceof Error && /^\w{1,64}$/.test(error.name) ? error.name : 'something that is no error'
  } catch {
    return 'something that is no error'
  }
}
