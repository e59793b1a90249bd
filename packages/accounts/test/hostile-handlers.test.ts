import type { AccountManager, AccountManagerOptions, InteractionHandler } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const CANARY = 'canary-52'
const STRANGER = { app: { id: 'com.example.stranger' }, authenticators: [] }

/** A stranger that sees two accounts, and may have tokens of neither. */
async function strangerWith(
  interaction: InteractionHandler,
  options: Partial<AccountManagerOptions> = {},
): Promise<{ stranger: AccountManager; owner: AccountManager; id: string }> {
  const directory = tempFolder()
  const owner = await openManager({ directory })
  const visibility = { [STRANGER.app.id]: 'visible' } as const
  const { id } = await owner.addAccountExplicitly({ type: TYPE, name: 'ana' }, { visibility })
  await owner.addAccountExplicitly({ type: TYPE, name: 'ben' }, { visibility })
  await owner.setAuthToken(id, 't', { value: 'stored' })
  const stranger = await openManager({ ...STRANGER, directory, interaction, ...options })
  return { stranger, owner, id }
}

/** Every way to a prompt of the app's own. */
const WAYS: [string, (manager: AccountManager, id: string, signal?: AbortSignal) => Promise<unknown>][] = [
  ['chooseAccount', (manager, _id, signal) => manager.chooseAccount(signal === undefined ? {} : { signal })],
  [
    'resolveAccount',
    (manager, _id, signal) => manager.resolveAccount(TYPE, { interaction: 'allow', ...(signal && { signal }) }),
  ],
  [
    'getAuthToken',
    (manager, id, signal) => manager.getAuthToken(id, 't', { interaction: 'allow', ...(signal && { signal }) }),
  ],
]

describe.each(WAYS)('a handler that %s asks', (_name, ask) => {
  const throwing = {
    chooseAccount: () => {
      throw new Error(`boom ${CANARY}`)
    },
    confirmGrant: () => Promise.reject(new Error(`boom ${CANARY}`)),
  }
  const silent = {
    chooseAccount: () => new Promise<never>(() => undefined),
    confirmGrant: () => new Promise<never>(() => undefined),
  }

  it('and that throws is ERR_INTERACTION_CANCELED, and nothing of what it said is told', async () => {
    const { stranger, id } = await strangerWith(throwing)
    const failure = await failureOf(ask(stranger, id))
    expect(failure).toMatchObject({ code: 'ERR_INTERACTION_CANCELED' })
    expect(JSON.stringify(failure)).not.toContain(CANARY)
  })

  it('and that never answers is given up when the caller does', async () => {
    const { stranger, id } = await strangerWith(silent)
    const controller = new AbortController()
    const waiting = failureOf(ask(stranger, id, controller.signal))
    controller.abort()
    expect(await waiting).toMatchObject({ code: 'ERR_ABORTED', reason: 'caller' })
  })

  it('and that never answers is given up at the time limit', async () => {
    const clock = createFakeClock()
    const asked = Promise.withResolvers<void>()
    const hanging = () => {
      asked.resolve()
      return new Promise<never>(() => undefined)
    }
    const { stranger, id } = await strangerWith({ chooseAccount: hanging, confirmGrant: hanging }, { clock })
    const waiting = failureOf(ask(stranger, id))
    await asked.promise
    await clock.advance(600_000)
    expect(await waiting).toMatchObject({ code: 'ERR_INTERACTION_TIMEOUT' })
  })

  it('and that never answers is given up when the manager closes', async () => {
    const { stranger, id } = await strangerWith(silent)
    const waiting = failureOf(ask(stranger, id))
    await new Promise((resolve) => setImmediate(resolve))
    await stranger.close()
    expect(await waiting).toMatchObject({ code: 'ERR_CLOSED' })
  })
})

describe('consent', () => {
  it('is asked for once, however many calls wait for it', async () => {
    let prompts = 0
    const { stranger, id } = await strangerWith({
      confirmGrant: async () => {
        prompts++
        await new Promise((resolve) => setImmediate(resolve))
        return true
      },
    })
    const tokens = await Promise.all([1, 2, 3].map(() => stranger.getAuthToken(id, 't', { interaction: 'allow' })))
    expect([prompts, tokens.map(({ value }) => value)]).toEqual([1, ['stored', 'stored', 'stored']])
  })

  it('is asked for in the words of the owner of the type, also where it is not here (getAuthTokenLabel)', async () => {
    const directory = tempFolder()
    const labels = { calendar: 'Read your calendar', tasks: 'Tasks', evil: 'Read\u202eeverything' }
    const authenticator = createFakeAuthenticator({
      labels,
      tokenTypes: { calendar: {}, tasks: {}, evil: {} },
    })
    const owner = await openManager({ directory, authenticators: [authenticator] })
    const { id } = await owner.addAccountExplicitly(
      { type: TYPE, name: 'ana' },
      { visibility: { [STRANGER.app.id]: 'visible' } },
    )
    await owner.flush()
    const shown: string[] = []
    const confirmGrant = async ({ authTokenTypeLabel }: { authTokenTypeLabel: string }) => {
      shown.push(authTokenTypeLabel)
      return false
    }
    const stranger = await openManager({ ...STRANGER, directory, interaction: { confirmGrant } })
    for (const type of ['calendar', 'tasks', 'evil', 'other']) {
      await failureOf(stranger.getAuthToken(id, type, { interaction: 'allow' }))
    }
    expect(shown).toEqual(['Read your calendar', 'Tasks', 'evil', 'other'])
    expect([await owner.getAuthTokenLabel(TYPE, 'calendar'), await stranger.getAuthTokenLabel(TYPE, 'tasks')]).toEqual([
      'Read your calendar',
      'Tasks',
    ])
    expect(await stranger.getAuthTokenLabel(TYPE, 'other')).toBeUndefined()
  })
})
