import { setTimeout as delay } from 'node:timers/promises'
import type { AccountManager } from '@accountry/accounts'
import { type AuthorizationServer, startAuthorizationServer } from '@accountry/testing'
import { Worker } from '../../e2e/support/crew.ts'
import { openExampleVault } from '../../e2e/support/example-vault.ts'
import { type PreparedVault, prepareVault } from '../../e2e/support/prepared-vault.ts'
import type { TokenJob } from '../../e2e/support/token-process.ts'
import type { ChaosContext, ChaosReport, Scenario } from '../scenario.ts'

const tokenProcess = new URL('../../e2e/support/token-process.ts', import.meta.url)
/** Much less than anybody who waited for the stopped process would need. */
const AT_ONCE_MS = 1_000

interface Scene {
  readonly server: AuthorizationServer
  readonly prepared: PreparedVault
  readonly manager: AccountManager
}

/** What a person may do to the account meanwhile. @returns Whether an account is left. */
const CHANGES: Readonly<Record<string, (scene: Scene) => Promise<boolean>>> = {
  async setPassword({ server, prepared, manager }) {
    await manager.setPassword(prepared.account, await server.mintRefreshToken({ user: 'ana' }))
    return true
  },
  async updateCredentials({ prepared, manager }) {
    await manager.updateCredentials(prepared.account)
    return true
  },
  async removeAccount({ prepared, manager }) {
    await manager.removeAccount(prepared.account)
    return false
  },
}

/** The process that renews a token is stopped (a laptop that sleeps, a debugger) between its request and its save. */
export const stoppedHolder: Scenario = {
  name: 'stopped holder',
  promise:
    'while a process is stopped in the middle of a refresh nobody else refreshes, the person can change the account at once, and the late answer is not stored',
  async run(context: ChaosContext): Promise<ChaosReport> {
    const facts: Record<string, number> = { stoppedMs: context.scale.stopMs }
    const violations: string[] = []
    for (const change of Object.keys(CHANGES)) {
      context.progress(change)
      const { changeMs, broken } = await whileStopped(change, context)
      facts[`${change}Ms`] = changeMs
      violations.push(...broken.map((problem) => `${change}: ${problem}`))
    }
    return { facts, violations }
  },
}

async function whileStopped(
  change: string,
  { scale }: ChaosContext,
): Promise<{ readonly changeMs: number; readonly broken: readonly string[] }> {
  await using server = await startAuthorizationServer({ rotation: 'strict' })
  await using prepared = await prepareVault(server)
  await using holder = new Worker<TokenJob, string>(tokenProcess)
  await holder.do({ kind: 'open', place: prepared.place })
  const released = Promise.withResolvers<void>()
  server.faults.next('token', { hold: released.promise })
  const late = holder.do({ kind: 'get-token', accountId: prepared.account.id }).catch(() => undefined)
  while (server.requestsTo('token').length === 0) await delay(5)
  holder.signal('SIGSTOP')
  released.resolve()

  await using manager = await openExampleVault(prepared.place, { interaction: server.browser('ana') })
  const other = manager.getAuthToken(prepared.account, 'tasks').catch(() => undefined)
  await delay(scale.stopMs)
  const refreshes = server.requestsTo('token', 'refresh_token').length
  const startedAt = performance.now()
  const isLeft = await CHANGES[change]?.({ server, prepared, manager })
  const changeMs = Math.round(performance.now() - startedAt)
  const chosen = isLeft === true ? await manager.getPassword(prepared.account) : undefined
  holder.signal('SIGCONT')
  await late
  await other
  return { changeMs, broken: await problems({ server, prepared, manager }, { refreshes, changeMs, chosen }) }
}

async function problems(
  { server, prepared }: Scene,
  seen: { readonly refreshes: number; readonly changeMs: number; readonly chosen: string | undefined },
): Promise<string[]> {
  await using later = await prepared.open()
  const left = await later.getAccount(prepared.account.id)
  const stored = left === undefined ? undefined : await later.getPassword(left)
  return [
    ...(seen.refreshes > 1 ? [`${seen.refreshes} requests were made while the holder was stopped`] : []),
    ...(seen.changeMs > AT_ONCE_MS ? [`it took ${seen.changeMs} ms`] : []),
    ...(left === undefined && seen.chosen !== undefined ? ['the account is gone'] : []),
    ...(left !== undefined && seen.chosen === undefined ? ['the account came back'] : []),
    ...(stored === undefined || (await server.isRefreshTokenAlive(stored)) ? [] : ['what is stored is dead']),
  ]
}
