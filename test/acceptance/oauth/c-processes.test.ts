import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Worker as Thread } from 'node:worker_threads'
import { type Account, type AccountManager, isAccountError } from '@accountry/accounts'
import { type AuthorizationServer, startAuthorizationServer, startProcess, type TestProcess } from '@accountry/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { VaultPlace } from '../../e2e/support/example-vault.ts'
import { openExampleVault } from '../../e2e/support/example-vault.ts'
import type { JobAnswer } from '../../e2e/support/serve-jobs.ts'
import type { TokenJob } from '../../e2e/support/token-process.ts'
import { letOut, letOutBy, vaultFolder, watch } from './support/canaries.ts'
import type { PageToOpen, SignInJob } from './support/sign-in-process.ts'
import type { ThreadData } from './support/token-thread.ts'

type Worker = TestProcess<TokenJob, JobAnswer<string>>

interface Scene {
  readonly server: AuthorizationServer
  readonly place: VaultPlace
  readonly manager: AccountManager
  readonly account: Account
  /** Processes that have the vault open. */
  readonly workers: readonly [Worker, ...Worker[]]
}

/** A vault with one account whose token has ended, at a strict server, and processes that share it. */
async function scene(processes: number, rotation: 'strict' | 'grace' = 'strict'): Promise<Scene> {
  const server = await startAuthorizationServer({ rotation })
  onTestFinished(() => server.close())
  const { issuer, clientId } = server
  const place = { directory: vaultFolder(), keyFile: `${vaultFolder()}/key`, issuer, clientId }
  const manager = await openExampleVault(place)
  onTestFinished(() => manager.close())
  const password = watch('minted refresh token', await server.mintRefreshToken({ user: 'ana' }))
  const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana@example.com' }, { password })
  const script = new URL('../../e2e/support/token-process.ts', import.meta.url)
  const workers = Array.from({ length: processes }, () => startProcess<TokenJob, JobAnswer<string>>(script))
  for (const worker of workers) {
    worker.send({ kind: 'open', place })
    onTestFinished(async () => void (await worker.kill()))
  }
  for (const worker of workers) expect(await worker.next()).toEqual({ result: 'opened' })
  return { server, place, manager, account, workers: workers as [Worker, ...Worker[]] }
}

/** Lets a process ask, and returns once its request has arrived; the answer waits for the returned function. */
async function askAndHold(
  { server, account }: Scene,
  worker: Worker,
  how: { readonly forceRefresh?: boolean } = {},
): Promise<() => void> {
  const release = Promise.withResolvers<void>()
  server.faults.next('token', { hold: release.promise })
  worker.send({ kind: 'get-token', accountId: account.id, ...how })
  while (server.requestsTo('token').length === 0) await delay(5)
  return release.resolve
}

describe('processes that share an account at a strict server', () => {
  it('C-01 make one request for one token that has ended, and both get its answer', async () => {
    const { server, manager, account, workers } = await scene(2)
    for (const worker of workers) worker.send({ kind: 'get-token', accountId: account.id })
    const answers = await Promise.all(workers.map((worker) => worker.next()))
    const values = answers.map((answer) =>
      watch('access token', 'result' in answer ? answer.result : 'no token at all'),
    )
    expect(new Set(values).size).toBe(1)
    expect(server.requestsTo('token', 'refresh_token')).toHaveLength(1)
    expect(await server.isRefreshTokenAlive((await manager.getPassword(account)) ?? '')).toBe(true)
    for (const worker of workers) letOutBy({ pid: worker.pid, stdout: worker.stdout, stderr: worker.stderr })
  })

  it.each([
    ['strict', 'ERR_INTERACTION_REQUIRED rotation_response_lost', 'needs-reauth'],
    ['grace', 'token', 'ok'],
  ] as const)(
    'C-07 and are killed between request and answer leave the doubt to the next (%s)',
    async (rotation, ending, state) => {
      const opened = await scene(1, rotation)
      const { server, manager, account, workers } = opened
      const release = await askAndHold(opened, workers[0])
      const before = await manager.getPassword(account)
      await workers[0].kill('SIGKILL')
      release()
      const outcome = await manager.getAuthToken(account, 'tasks').then(
        () => 'token',
        (error: unknown) => {
          letOut('error', error)
          return isAccountError(error) ? `${error.code} ${error.reason}` : String(error)
        },
      )
      expect(outcome).toBe(ending)
      // The same refresh token twice, at once, and never a third time.
      const sent = server.requestsTo('token', 'refresh_token').map(({ params }) => params['refresh_token'])
      expect(sent).toEqual([before, before])
      expect(await manager.getAccountInfo(account)).toMatchObject({ account, state })
      expect(await manager.getPassword(account)).toBeDefined()
    },
  )

  it('C-12 and are stopped in the middle keep nobody from a token that is still valid', async () => {
    const opened = await scene(1)
    const { server, place, manager, account, workers } = opened
    const value = watch('valid token', 'a-token-that-ends-in-ten-minutes')
    await manager.setAuthToken(account, 'tasks', { value, expiresAt: Date.now() + 600_000, scopes: ['tasks.read'] })
    const release = await askAndHold(opened, workers[0], { forceRefresh: true })
    await workers[0].kill('SIGSTOP')
    release()
    await using other = await openExampleVault(place)
    expect((await other.getAuthToken(account.id, 'tasks')).value).toBe(value)
    expect(server.requestsTo('token', 'refresh_token')).toHaveLength(1)
    await workers[0].kill('SIGCONT')
    await workers[0].next()
  })

  it('C-11 and are told to end in the middle of a renewal save it first', async () => {
    const opened = await scene(1)
    const { server, manager, account, workers } = opened
    const before = await manager.getPassword(account)
    const release = await askAndHold(opened, workers[0])
    const ended = workers[0].kill('SIGTERM')
    // Time for the signal to arrive; it has to wait for the save.
    await delay(50)
    release()
    expect(await ended).toMatchObject({ signal: 'SIGTERM' })
    await manager.flush()
    const after = await manager.getPassword(account)
    expect(after).not.toBe(before)
    expect(await server.isRefreshTokenAlive(after ?? '')).toBe(true)
    expect((await manager.getAuthToken(account, 'tasks')).value).toBeTruthy()
    expect(server.requestsTo('token', 'refresh_token')).toHaveLength(1)
  })

  it.each(['setPassword', 'updateCredentials', 'removeAccount'] as const)(
    'C-12 and are stopped in the middle do not hold up %s, and their late answer is not stored',
    async (change) => {
      const opened = await scene(1)
      const { server, place, manager, account, workers } = opened
      const release = await askAndHold(opened, workers[0])
      await workers[0].kill('SIGSTOP')
      release()
      // Nobody else renews while the holder may still be at it.
      const waiting = manager.getAuthToken(account, 'tasks').catch((error: unknown) => letOut('error', error))
      await delay(300)
      expect(server.requestsTo('token', 'refresh_token')).toHaveLength(1)
      const chosen = await perform(change, { ...opened, manager })
      await workers[0].kill('SIGCONT')
      letOut('answer of the process', 'error' in (await workers[0].next()))
      await waiting
      await using later = await openExampleVault(place)
      const stored = await later.getAccount(account.id)
      if (chosen === undefined) expect(stored).toBeUndefined()
      else expect(await server.isRefreshTokenAlive((await later.getPassword(account.id)) ?? '')).toBe(true)
      letOutBy({ pid: workers[0].pid, stdout: workers[0].stdout, stderr: workers[0].stderr })
    },
  )
})

describe('worker threads that share an account', () => {
  it('C-29 are to each other what processes are: one renewal for all', async () => {
    const { server, place, manager, account } = await scene(0)
    const workerData: ThreadData = { place, accountId: account.id }
    const script = new URL('support/token-thread.ts', import.meta.url)
    const threads = Array.from({ length: 4 }, () => new Thread(script, { workerData }))
    onTestFinished(async () => void (await Promise.all(threads.map((thread) => thread.terminate()))))
    const asked = threads.map(async (thread) => String((await once(thread, 'message'))[0]))
    const values = await Promise.all([...asked, manager.getAuthToken(account, 'tasks').then((token) => token.value)])
    expect(new Set(values).size).toBe(1)
    expect(server.requestsTo('token', 'refresh_token')).toHaveLength(1)
    expect(await server.isRefreshTokenAlive((await manager.getPassword(account)) ?? '')).toBe(true)
  })
})

describe('a process that is killed while somebody signs in', () => {
  it('C-13 leaves no account and no code to be redeemed again; signing in once more works', async () => {
    const { server, place, manager, account } = await scene(1)
    await manager.removeAccountExplicitly(account)
    const script = new URL('support/sign-in-process.ts', import.meta.url)
    await using doomed = startProcess<SignInJob, PageToOpen>(script)
    doomed.send({ place })
    const { open } = await doomed.next()
    const callback = await server.signIn(open)
    watch('code', callback.searchParams.get('code') ?? '')
    await fetch(callback).catch(() => undefined)
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' })
    letOutBy({ stdout: doomed.stdout, stderr: doomed.stderr })

    await using next = await openExampleVault(place, { interaction: server.browser() })
    expect(await next.getAccounts()).toEqual([])
    expect((await next.addAccount('com.example')).name).toBe('ana@example.com')
    const codes = server.requestsTo('token', 'authorization_code').map(({ params }) => params['code'])
    expect([codes.length, new Set(codes).size]).toEqual([2, 2])
  })
})

/** What the person does meanwhile. @returns The refresh token that must be the stored one, if an account is left. */
async function perform(
  change: 'setPassword' | 'updateCredentials' | 'removeAccount',
  { server, place, manager, account }: Scene,
): Promise<string | undefined> {
  if (change === 'removeAccount') {
    expect(await manager.removeAccount(account)).toBe('removed')
    return undefined
  }
  if (change === 'setPassword') {
    const fresh = watch('typed refresh token', await server.mintRefreshToken({ user: 'ana' }))
    await manager.setPassword(account, fresh)
    return fresh
  }
  await using signingIn = await openExampleVault(place, { interaction: server.browser('ana') })
  await signingIn.updateCredentials(account.id)
  return (await signingIn.getPassword(account.id)) ?? ''
}
