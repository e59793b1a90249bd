import { inspect } from 'node:util'
import {
  type AuthenticatorContext,
  type Clock,
  type Credential,
  type CredentialContext,
  type CredentialUpdate,
  type InteractionHandler,
  isAccountError,
  type Logger,
  systemClock,
} from '@accountry/accounts'
import { expect } from 'vitest'

/** Collects what is logged, so that tests can look for warnings and for secrets. */
export interface RecordingLog extends Logger {
  readonly records: { level: string; event: string; fields: unknown }[]
}

export function recordingLog(): RecordingLog {
  const records: RecordingLog['records'] = []
  const at = (level: string) => (event: string, fields?: unknown) => void records.push({ level, event, fields })
  return { records, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

export interface TestContextOptions {
  readonly interaction?: InteractionHandler
  readonly clock?: Clock
  readonly signal?: AbortSignal
  readonly fetch?: typeof fetch
  readonly log?: Logger
}

/** A hand-made context, as the manager makes one for each call. */
export function testContext(options: TestContextOptions = {}): AuthenticatorContext & { log: Logger } {
  return {
    principal: 'com.example.test',
    signal: options.signal ?? new AbortController().signal,
    clock: options.clock ?? systemClock,
    fetch: options.fetch ?? fetch,
    log: options.log ?? recordingLog(),
    ...(options.interaction !== undefined && { interaction: options.interaction }),
  }
}

/** A credential that lives in memory and remembers every change, in order. */
export interface TestCredential {
  readonly context: CredentialContext
  readonly updates: CredentialUpdate[]
  readonly current: Credential
}

export function testCredential(
  initial: Partial<Credential>,
  options: TestContextOptions & { replace?: (next: CredentialUpdate) => void | Promise<void> } = {},
): TestCredential {
  const updates: CredentialUpdate[] = []
  let current: Credential = { password: undefined, userData: {}, fields: {}, ...initial }
  const context: CredentialContext = {
    ...testContext(options),
    get credential() {
      return current
    },
    async replaceCredential(next) {
      updates.push(next)
      await options.replace?.(next)
      const { fields, userData: _userData, claims: _claims, ...rest } = next
      const merged = Object.entries({ ...current.fields, ...fields }).filter(([, value]) => value !== undefined)
      current = { ...current, ...rest, fields: Object.fromEntries(merged) as Record<string, string> }
      return { durable: true }
    },
  }
  return {
    context,
    updates,
    get current() {
      return current
    },
  }
}

/** The error with which a promise rejects; fails the test when it resolves or rejects with something foreign. */
export async function errorOf(
  promise: Promise<unknown>,
): Promise<{ code: string; reason?: string; message: string; [key: string]: unknown }> {
  try {
    await promise
  } catch (error) {
    expect(isAccountError(error), `an AccountError, not ${String(error)}`).toBe(true)
    return error as never
  }
  throw new Error('expected a rejection')
}

/** Fails when any of the secrets shows in the value, however deep it is printed. */
export function expectNoSecret(value: unknown, secrets: readonly string[]): void {
  const printed = `${inspect(value, { depth: 20, showHidden: true })} ${JSON.stringify(value)} ${String(value)}`
  for (const secret of secrets) expect(printed).not.toContain(secret)
}
