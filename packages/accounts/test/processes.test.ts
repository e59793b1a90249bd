import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Child } from './support/child.ts'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'
import { startTokenServer } from './support/token-server.ts'
import type { VaultRequest } from './support/vault-user.ts'

const USER = new URL('support/vault-user.ts', import.meta.url)
type User = Child<VaultRequest, unknown>

/** A vault with one account, and processes that have it open. */
async function open(processes: number, server?: string) {
  const directory = tempFolder()
  const manager = await openManager({ directory })
  const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana@example.com' }, { password: 'first' })
  const users: User[] = Array.from({ length: processes }, () => new Child(USER))
  await Promise.all(users.map((user) => user.ask({ do: 'open', directory, ...(server && { server }) })))
  return { directory, manager, account, users }
}

describe('8 processes', () => {
  it('with one token that has ended make one request, and all get its answer (C-01)', async () => {
    const server = await startTokenServer('first')
    const { manager, account, users } = await open(8, server.url)
    const tokens = await Promise.all(users.map((user) => user.ask({ do: 'get-token', account: account.id })))
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
    expect(server.sent).toEqual(['first'])
    expect(await manager.getPassword(account)).toBe('refresh-1')
  })

  it('that want three kinds of tokens use no refresh token twice', async () => {
    const server = await startTokenServer('first')
    const { account, users } = await open(8, server.url)
    const types = ['calendar', 'mail', 'tasks']
    const asked = users.flatMap((user) =>
      types.flatMap((authTokenType) =>
        [1, 2].map(() => user.ask({ do: 'get-token', account: account.id, authTokenType })),
      ),
    )
    expect(new Set(await Promise.all(asked)).size).toBe(3)
    expect(server.sent).toHaveLength(3)
    expect(server.isAlive()).toBe(true)
  })

  it('that add accounts at the same time lose none and see all of them', async () => {
    const { manager, users } = await open(8)
    await Promise.all(
      users.flatMap((user, n) =>
        Array.from({ length: 10 }, (_, k) => user.ask({ do: 'add', name: `${n}-${k}`, password: `p ${n}-${k}` })),
      ),
    )
    const accounts = await manager.getAccountsByType(TYPE)
    expect(accounts).toHaveLength(81)
    for (const account of accounts.slice(1)) expect(await manager.getPassword(account)).toBe(`p ${account.name}`)
  })

  it('that add the same account at the same time add it once', async () => {
    const { manager, users } = await open(8)
    const outcomes = await Promise.allSettled(users.map((user) => user.ask({ do: 'add', name: 'ben' })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
    expect(codes).toEqual(Array(7).fill('ERR_ACCOUNT_EXISTS'))
    expect(await manager.getAccounts()).toHaveLength(2)
  })
})

describe('a process that dies while it renews', () => {
  it('leaves an intent: the next one replays at once and says that the answer was lost (C-07, C-08)', async () => {
    const server = await startTokenServer('first')
    const { manager, account, users } = await open(2, server.url)
    const [dying, next] = users
    await dying?.ask({ do: 'get-token-hanging', account: account.id })
    await server.whenHanging(1)
    const asked = failureOf(next?.ask({ do: 'get-token', account: account.id }) ?? Promise.resolve())
    await dying?.kill()
    expect(await asked).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'rotation_response_lost' })
    expect(server.sent).toEqual(['first', 'first'])
    expect(await manager.getAccountInfo(account)).toMatchObject({
      state: 'needs-reauth',
      reason: 'rotation_response_lost',
    })
    expect(await manager.getPassword(account)).toBe('first')
  })

  it('leaves an intent that is understood also after the key was rotated', async () => {
    const server = await startTokenServer('first')
    const { manager, account, users } = await open(2, server.url)
    const [dying, next] = users
    await dying?.ask({ do: 'get-token-hanging', account: account.id })
    await server.whenHanging(1)
    await dying?.kill()
    await manager.rotateKey()
    const asked = failureOf(next?.ask({ do: 'get-token', account: account.id }) ?? Promise.resolve())
    expect(await asked).toMatchObject({ code: 'ERR_INTERACTION_REQUIRED', reason: 'rotation_response_lost' })
  })

  it('before its request arrived leaves nothing broken', async () => {
    const server = await startTokenServer('first')
    const { account, users } = await open(2, server.url)
    const [dying, next] = users
    await expect(dying?.ask({ do: 'die-before-request', account: account.id })).rejects.toThrow(/SIGKILL/)
    expect(await next?.ask({ do: 'get-token', account: account.id })).toBe('token-1')
    expect(server.sent).toEqual(['first'])
  })

  it('lets the others in as soon as it is dead', async () => {
    const server = await startTokenServer('first')
    const { account, users } = await open(4, server.url)
    const [dying, ...others] = users
    await dying?.ask({ do: 'get-token-hanging', account: account.id })
    await server.whenHanging(1)
    const asked = others.map((user) => failureOf(user.ask({ do: 'get-token', account: account.id })))
    await dying?.kill()
    const outcomes = await Promise.all(asked)
    expect(new Set(outcomes.map(({ reason }) => reason))).toEqual(new Set(['rotation_response_lost']))
    expect(server.sent).toHaveLength(2)
  })
})

describe('a process that was stopped while it renewed', () => {
  it('does not put an old credential back when it goes on (C-12)', async () => {
    const server = await startTokenServer('first')
    const { manager, account, users } = await open(1, server.url)
    const [stopped] = users
    await stopped?.ask({ do: 'get-token-hanging', account: account.id })
    await server.whenHanging(1)
    await stopped?.stop()
    await manager.setPassword(account, 'typed')
    for (const response of server.hanging) {
      response.end(JSON.stringify({ password: 'late', value: 'late', lifetimeMs: 3_600_000 }))
    }
    await stopped?.resume()
    await stopped?.ask({ do: 'set-user-data', account: account.id, key: 'alive', value: 'yes' })
    expect(await manager.getPassword(account)).toBe('typed')
    expect(await manager.peekAuthToken(account, 'hang')).toBeUndefined()
  })
})

describe('one process that listens', () => {
  const CHANGES = process.env['CI'] || process.env['ACCOUNTRY_FULL'] ? 10_000 : 1_000

  it(`hears each of ${CHANGES} changes of two others once, in the order in which they were made`, {
    timeout: 120_000,
  }, async () => {
    const { manager, account, users } = await open(2)
    const heard: number[] = []
    let wrong = 0
    manager.on('token:refreshed', ({ revision, source }) => {
      heard.push(revision)
      if (source !== 'other-process') wrong += 1
    })
    await Promise.all(users.map((user) => user.ask({ do: 'set-tokens', account: account.id, count: CHANGES / 2 })))
    await manager.flush()
    expect([heard.length, wrong]).toEqual([CHANGES, 0])
    expect(heard).toEqual([...heard].sort((a, b) => a - b))
    expect(new Set(heard).size).toBe(CHANGES)
  })
})

describe('worker threads of one process', () => {
  it('behave like processes: one renewal for all (C-29)', async () => {
    const server = await startTokenServer('first')
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana@example.com' }, { password: 'first' })
    const workerData = { directory, server: server.url, account: account.id }
    const workers = Array.from(
      { length: 4 },
      () => new Worker(new URL('support/token-worker.ts', import.meta.url), { workerData }),
    )
    onTestFinished(() => void Promise.all(workers.map((worker) => worker.terminate())))
    const tokens = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as string))
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
    expect(server.sent).toEqual(['first'])
    expect(await manager.getPassword(account)).toBe('refresh-1')
  })
})

describe('processes that are killed while they write', () => {
  const KILLS = process.env['ACCOUNTRY_FULL'] ? 200 : 20

  it(`${KILLS} times over lose no acknowledged write, and the vault always opens (H-20)`, {
    timeout: 30_000 + KILLS * 3_000,
  }, async () => {
    const directory = tempFolder()
    const first = await openManager({ directory })
    const account = await first.addAccountExplicitly({ type: TYPE, name: 'ana@example.com' }, { password: 'first' })
    await first.close()
    const acknowledged = new Map<string, string>()
    let kills = 0
    let writes = 0
    const writeUntilKilled = async (lane: number): Promise<void> => {
      while (kills < KILLS) {
        const user = new Child<VaultRequest, unknown>(USER)
        try {
          await user.ask({ do: 'open', directory })
          const victim = kills
          for (let n = 0; ; n++) {
            const [key, value] = [`lane-${lane}`, `${victim}-${n}`]
            const writing = user.ask({ do: 'set-user-data', account: account.id, key, value })
            if (++writes % 41 === lane) void user.kill()
            await writing
            acknowledged.set(key, value)
            if (kills >= KILLS) return
          }
        } catch (error) {
          if (!String(error).includes('the process ended')) throw error
          kills += 1
          const expected = new Map(acknowledged)
          const reader = await openManager({ directory })
          await expectAtLeast(reader, account.id, expected)
          await reader.close()
        }
      }
    }
    await Promise.all([0, 1, 2, 3].map(writeUntilKilled))
    expect(kills).toBeGreaterThanOrEqual(KILLS)
    expect(writes).toBeGreaterThan(KILLS)
  })

  /** What was acknowledged is there, or something that was written after it. */
  async function expectAtLeast(
    manager: { getUserData(account: string, key: string): Promise<string | undefined> },
    account: string,
    expected: ReadonlyMap<string, string>,
  ): Promise<void> {
    for (const [key, value] of expected) {
      const [round, n] = value.split('-').map(Number)
      const [seenRound, seenN] = ((await manager.getUserData(account, key)) ?? '').split('-').map(Number)
      const isNewer = Number(seenRound) > Number(round) || (seenRound === round && Number(seenN) >= Number(n))
      expect([key, value, isNewer]).toEqual([key, value, true])
    }
  }
})

describe('a key that is rotated', () => {
  it('is followed by processes that have the vault open', async () => {
    const { manager, account, users } = await open(2)
    const [one, other] = users
    await one?.ask({ do: 'rotate-key' })
    await other?.ask({ do: 'set-user-data', account: account.id, key: 'by', value: 'other' })
    await manager.setUserData(account, 'by-too', 'manager')
    expect(await manager.getPassword(account)).toBe('first')
    expect(await manager.getUserData(account, 'by')).toBe('other')
    await one?.ask({ do: 'set-user-data', account: account.id, key: 'by', value: 'one' })
    expect(await manager.getUserData(account, 'by')).toBe('one')
  })
})
