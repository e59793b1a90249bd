import { readdirSync } from 'node:fs'
import type { KeyProvider, StoreKeyProvider, WrapKeyProvider } from '@accountry/accounts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { failureOf } from './support/failures.ts'
import { fixedKey } from './support/keys.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const CANARY = 'canary-53'
const boom = (): never => {
  throw new Error(`boom ${CANARY}`)
}
const never = (): Promise<never> => new Promise(() => undefined)

function answering(answer: () => unknown): StoreKeyProvider {
  return { ...fixedKey(), load: answer as StoreKeyProvider['load'] }
}

function wrapping(answer: () => unknown): WrapKeyProvider {
  return {
    id: 'wrapping',
    kind: 'wrap',
    protection: 'os-user',
    wrap: answer as WrapKeyProvider['wrap'],
    unwrap: answer as WrapKeyProvider['unwrap'],
  }
}

const ODD: [string, () => unknown][] = [
  ['nothing', () => undefined],
  ['null', () => null],
  ['a kind that there is not', () => ({ kind: 'bogus' })],
  ['no key', () => ({ kind: 'found' })],
  ['a key of 5 bytes', () => ({ kind: 'found', key: new Uint8Array(5) })],
  ['a key of 64 bytes', () => ({ kind: 'found', key: new Uint8Array(64) })],
  ['a key that is text', () => ({ kind: 'found', key: 'x'.repeat(32) })],
  ['a field that throws', () => Object.defineProperty({}, 'kind', { get: boom })],
  ['an exception', boom],
  ['a refusal without a reason', () => ({ kind: 'locked' })],
  ['a refusal whose reason is an object', () => ({ kind: 'unavailable', why: {} })],
]

afterEach(() => {
  vi.useRealTimers()
})

describe.each(ODD)('a key provider that answers %s', (_what, answer) => {
  it('makes no vault, or a locked one, with an error of ours', async () => {
    const opened = await openManager({ keyProvider: answering(answer) }).catch((error: unknown) => error)
    const error =
      opened instanceof Error
        ? opened
        : await failureOf((opened as { addAccount(t: string): Promise<unknown> }).addAccount(TYPE))
    expect(error).toMatchObject({ name: 'AccountError', code: expect.stringMatching(/^ERR_VAULT_/) })
    expect(String((error as Error).message)).not.toMatch(/canary|undefined|\[object/)
  })

  it('leaves an existing vault as it is: open resolves and accounts are listed', async () => {
    const directory = tempFolder()
    const first = await openManager({ directory })
    await first.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    await first.close()
    const manager = await openManager({ directory, keyProvider: answering(answer) })
    const [account] = await manager.getAccounts()
    const failure = await failureOf(manager.getPassword(account ?? ''))
    expect(failure).toMatchObject({ name: 'AccountError', code: expect.stringMatching(/^ERR_VAULT_/) })
    expect(failure.message).not.toMatch(/canary|undefined|\[object/)
    expect(await (await openManager({ directory })).getPassword(account ?? '')).toBe('p')
  })
})

describe('a key provider that wraps', () => {
  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['an empty list', () => []],
    ['text', () => 'wrapped'],
    ['no bytes', () => new Uint8Array()],
    ['an exception', boom],
  ])('into %s is ERR_VAULT_UNAVAILABLE, and no vault is made', async (_what, answer) => {
    const directory = tempFolder()
    const failure = await failureOf(openManager({ directory, keyProvider: wrapping(answer) }))
    expect(failure).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(failure.message).not.toContain(CANARY)
    expect(readdirSync(directory)).not.toContain('initialised')
  })
})

describe('a key provider that never answers', () => {
  it.each<[string, KeyProvider]>([
    ['when it is asked for a key', answering(never)],
    ['when it is to wrap one', wrapping(never)],
  ])('%s leaves the vault locked after its time limit (H-11)', async (_what, keyProvider) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const opening = openManager({ keyProvider })
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
    await vi.advanceTimersByTimeAsync(15_000)
    const manager = await opening
    expect(await failureOf(manager.addAccount(TYPE))).toMatchObject({ code: 'ERR_VAULT_LOCKED' })
  })

  it('is not waited for by who gives up', async () => {
    const directory = tempFolder()
    await (await openManager({ directory })).close()
    let load: () => unknown = () => ({ kind: 'locked', why: 'it is locked' })
    const manager = await openManager({ directory, keyProvider: answering(() => load()) })
    load = never
    const controller = new AbortController()
    const waiting = failureOf(manager.unlock({ signal: controller.signal }))
    controller.abort()
    expect(await waiting).toMatchObject({ code: 'ERR_ABORTED' })
  })
})

describe('removing a key provider', () => {
  it('whose key cannot be deleted says so, and it opens the vault no more', async () => {
    const other = { ...fixedKey(8, 'other'), delete: boom }
    const manager = await openManager({ keyProvider: [fixedKey(), other] })
    const failure = await failureOf(manager.removeKeyProvider('other'))
    expect(failure).toMatchObject({ code: 'ERR_VAULT_UNAVAILABLE' })
    expect(failure.message).not.toContain(CANARY)
    expect((await manager.getKeyProviders()).map(({ id }) => id)).toEqual(['fixed'])
  })
})
