import { setTimeout as delay } from 'node:timers/promises'
import { isAccountError } from '@accountry/accounts'
import { type AuthorizationServer, startAuthorizationServer } from '@accountry/testing'
import { Worker } from '../../e2e/support/crew.ts'
import { type PreparedVault, prepareVault } from '../../e2e/support/prepared-vault.ts'
import type { TokenJob } from '../../e2e/support/token-process.ts'
import type { ChaosContext, ChaosReport, Scenario } from '../scenario.ts'

const GRACE_MS = 10_000
/** From before the intent until after the last save, on a slow machine too. */
const LATEST_KILL_MS = 60
const tokenProcess = new URL('../../e2e/support/token-process.ts', import.meta.url)

type Ending = 'token' | 'rotation_response_lost' | string

/** Kills a process at a random instant of a refresh and sees what the next one gets. */
function killedRefreshes(rotation: 'grace' | 'strict', allowed: readonly Ending[], promise: string): Scenario {
  return {
    name: `killed refreshes, ${rotation} server`,
    promise,
    async run(context: ChaosContext): Promise<ChaosReport> {
      await using server = await startAuthorizationServer({ rotation, graceMs: GRACE_MS })
      const endings = new Map<Ending, number>()
      const violations: string[] = []
      let mostAtOnce = 0
      for (let run = 1; run <= context.scale.refreshKills; run++) {
        server.clearRequests()
        const ending = await oneDeath(server, context)
        mostAtOnce = Math.max(mostAtOnce, server.inFlight.max)
        endings.set(ending, (endings.get(ending) ?? 0) + 1)
        if (!allowed.includes(ending)) violations.push(`run ${run} ended with ${ending}`)
        context.progress(`${run} of ${context.scale.refreshKills} runs`)
      }
      return { facts: { runs: context.scale.refreshKills, mostAtOnce, ...Object.fromEntries(endings) }, violations }
    },
  }
}

async function oneDeath(server: AuthorizationServer, { random }: ChaosContext): Promise<Ending> {
  await using prepared = await prepareVault(server)
  await using doomed = new Worker<TokenJob, string>(tokenProcess)
  await doomed.do({ kind: 'open', place: prepared.place })
  const death = doomed.do({ kind: 'get-token', accountId: prepared.account.id }).catch(() => undefined)
  await delay(random.below(LATEST_KILL_MS))
  await doomed[Symbol.asyncDispose]()
  await death
  return await whatTheNextGets(prepared)
}

async function whatTheNextGets(prepared: PreparedVault): Promise<Ending> {
  await using manager = await prepared.open()
  const [account, ...others] = await manager.getAccounts()
  if (account === undefined || others.length > 0) return 'the account was deleted or doubled'
  try {
    const { value } = await manager.getAuthToken(account, 'tasks')
    if (value === 'ended') return 'an ended token'
    // The grant must be alive as well: renew once more.
    await manager.getAuthToken(account, 'tasks', { forceRefresh: true })
    return 'token'
  } catch (error) {
    const { state, reason } = await manager.getAccountInfo(account)
    if (!isAccountError(error)) return String(error)
    return state === 'needs-reauth' && (await manager.getPassword(account)) !== undefined
      ? String(reason)
      : `${error.code} ${error.reason ?? ''} in state ${state}`
  }
}

export const killedRefreshesWithGrace: Scenario = killedRefreshes(
  'grace',
  ['token'],
  'with a server that forgives a repetition for 10 s, the account works after a kill at any instant of a refresh',
)

export const killedRefreshesStrict: Scenario = killedRefreshes(
  'strict',
  ['token', 'rotation_response_lost'],
  'with a strict server the account works, or says rotation_response_lost; never anything else, never deleted',
)
