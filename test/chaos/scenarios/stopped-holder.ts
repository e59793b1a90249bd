import { setTimeout as delay } from 'node:timers/promises'
import { startAuthorizationServer } from '@accountry/testing'
import { Worker } from '../../e2e/support/crew.ts'
import { prepareVault } from '../../e2e/support/prepared-vault.ts'
import type { TokenJob } from '../../e2e/support/token-process.ts'
import type { ChaosContext, ChaosReport, Scenario } from '../scenario.ts'

const tokenProcess = new URL('../../e2e/support/token-process.ts', import.meta.url)

/** The process that renews a token is stopped (a laptop that sleeps, a debugger) between its request and its save. */
export const stoppedHolder: Scenario = {
  name: 'stopped holder',
  promise:
    'while a process is stopped in the middle of a refresh nobody else refreshes, the person can change the account at once, and the late answer is not stored',
  async run({ scale }: ChaosContext): Promise<ChaosReport> {
    await using server = await startAuthorizationServer({ rotation: 'strict' })
    await using prepared = await prepareVault(server)
    await using holder = new Worker<TokenJob, string>(tokenProcess)
    await holder.do({ kind: 'open', place: prepared.place })

    const released = Promise.withResolvers<void>()
    server.faults.next('token', { hold: released.promise })
    const late = holder.do({ kind: 'get-token', accountId: prepared.account.id }).then(
      (value) => value,
      (error: unknown) => String(error),
    )
    while (server.requestsTo('token').length === 0) await delay(5)
    holder.signal('SIGSTOP')
    released.resolve()

    await using manager = await prepared.open()
    const other = manager.getAuthToken(prepared.account, 'tasks').then(
      () => 'token',
      (error: { code?: string }) => String(error.code),
    )
    await delay(scale.stopMs)
    const requestsWhileStopped = server.requestsTo('token').length
    const changeStartedAt = performance.now()
    const fresh = await server.mintRefreshToken({ user: 'ben' })
    await manager.setPassword(prepared.account, fresh)
    const changeMs = performance.now() - changeStartedAt
    holder.signal('SIGCONT')
    await late
    await other
    const stored = await manager.getPassword(prepared.account)
    const isAlive = await server.isRefreshTokenAlive(String(stored))
    const violations = [
      ...(requestsWhileStopped > 1 ? [`${requestsWhileStopped} requests were made while the holder was stopped`] : []),
      ...(isAlive ? [] : ['the credential that the person set is not the one that is alive']),
    ]
    return { facts: { stoppedMs: scale.stopMs, changeMs: Math.round(changeMs), requestsWhileStopped }, violations }
  },
}
