import { isAccountError } from '@accountry/accounts'
import { type AuthorizationServerOptions, startAuthorizationServer } from '@accountry/testing'
import { describe, expect, test } from 'vitest'
import { Worker, WorkerDied } from './support/crew.ts'
import { type PreparedVault, prepareVault } from './support/prepared-vault.ts'
import type { KillPoint, TokenJob } from './support/token-process.ts'

/** Lets a process die while it renews the account's token, and says what the next process then gets. */
async function afterDeath(
  killAt: KillPoint,
  options: AuthorizationServerOptions,
  check: (next: { outcome: string; requests: number; prepared: PreparedVault }) => Promise<void>,
): Promise<void> {
  await using server = await startAuthorizationServer(options)
  await using prepared = await prepareVault(server)
  await using worker = new Worker<TokenJob, string>(new URL('support/token-process.ts', import.meta.url))
  await worker.do({ kind: 'open', place: prepared.place, killAt })
  const death: unknown = await worker.do({ kind: 'get-token', accountId: prepared.account.id }).catch((error) => error)
  expect(death).toBeInstanceOf(WorkerDied)
  expect(death).toMatchObject({ how: 'SIGKILL' })

  await using manager = await prepared.open()
  expect(await manager.getAccounts()).toEqual([prepared.account])
  const outcome = await manager.getAuthToken(prepared.account, 'tasks').then(
    () => 'token',
    (error: unknown) => (isAccountError(error) ? `${error.code} ${error.reason}` : String(error)),
  )
  const requests = server.requestsTo('token', 'refresh_token').length
  await check({ outcome, requests, prepared })
}

describe('a process that is killed while it renews a token', () => {
  test('after its intent, before its request: the next one renews it', async () => {
    await afterDeath('after-intent', { rotation: 'strict' }, async ({ outcome, requests }) => {
      expect({ outcome, requests }).toEqual({ outcome: 'token', requests: 1 })
    })
  })

  test('after its request, with a server that forgives a repetition: the next one renews it (C-08)', async () => {
    await afterDeath('after-request', { rotation: 'grace' }, async ({ outcome, requests }) => {
      expect({ outcome, requests }).toEqual({ outcome: 'token', requests: 2 })
    })
  })

  test('after its request, with a strict server: the next one says precisely why it needs the person (C-08)', async () => {
    await afterDeath('after-request', { rotation: 'strict' }, async ({ outcome, requests, prepared }) => {
      expect(outcome).toBe('ERR_INTERACTION_REQUIRED rotation_response_lost')
      expect(requests).toBe(2)
      // Nothing was deleted, and nobody asks the server again for nothing.
      await using manager = await prepared.open()
      expect(await manager.getAccountInfo(prepared.account)).toMatchObject({
        state: 'needs-reauth',
        reason: 'rotation_response_lost',
      })
      await expect(manager.getAuthToken(prepared.account, 'tasks')).rejects.toMatchObject({ action: 'sign-in' })
      expect(await manager.getPassword(prepared.account)).toBeTypeOf('string')
    })
  })

  test('after the first save: the next one goes on with the rotated token (C-09)', async () => {
    await afterDeath('after-first-save', { rotation: 'strict' }, async ({ outcome, requests }) => {
      expect({ outcome, requests }).toEqual({ outcome: 'token', requests: 2 })
    })
  })
})
