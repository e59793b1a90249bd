import type { AccountManager, Authenticator } from '@accountry/accounts'
import type { BenchContext, Row } from '../row.ts'
import { timeEntry, timingOf } from '../timing.ts'
import { addAccounts, TOKEN_TYPE } from '../vault.ts'

const HANGING_TYPE = 'com.example.hanging'
const HANGING = 500
const RENEWALS = 400
const AT_ONCE = 20

/** One provider does not answer; the accounts of the others are renewed as if nothing were wrong. */
export async function hangingProviderRow(manager: AccountManager, context: BenchContext): Promise<Row> {
  const accounts = await manager.getAccounts()
  context.progress(`a provider that hangs, beside ${accounts.length} accounts`)
  const provider = hangingProvider()
  manager.registerAuthenticator(provider.authenticator)
  const stuck = await addAccounts(manager, 0, HANGING, HANGING_TYPE)
  const waiting = stuck.map((account) =>
    manager.getAuthToken(account, TOKEN_TYPE, { forceRefresh: true }).catch(() => undefined),
  )
  await provider.allAsked
  const waits: number[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < RENEWALS) {
        const account = accounts[(next++ * 7_919) % accounts.length]
        if (account === undefined) throw new Error('the vault is empty')
        const startedAt = performance.now()
        await manager.getAuthToken(account, TOKEN_TYPE, { forceRefresh: true })
        waits.push(performance.now() - startedAt)
      }
    }),
  )
  provider.hangUp()
  await Promise.all(waiting)
  const timing = timingOf(waits)
  return {
    id: 'hanging-provider',
    work: `renewing tokens while a provider hangs with ${HANGING} accounts, ${accounts.length.toLocaleString('en-US')} accounts in the vault`,
    budget: 'p99 of the other accounts ≤ 1 s',
    isMet: timing.p99 <= 1_000,
    entries: [timeEntry('Accountry', timing, `${AT_ONCE} renewals at once, each durable`)],
  }
}

/** A provider that takes requests and answers none of them until it hangs up. */
function hangingProvider(): { authenticator: Authenticator; allAsked: Promise<void>; hangUp(): void } {
  const answer = Promise.withResolvers<never>()
  answer.promise.catch(() => undefined)
  const allAsked = Promise.withResolvers<void>()
  let asked = 0
  return {
    authenticator: {
      description: { type: HANGING_TYPE, label: 'Hanging', tokenTypes: { [TOKEN_TYPE]: { scopes: ['tasks.read'] } } },
      addAccount: () => Promise.reject(new Error('nobody signs in here')),
      getAuthToken: () => {
        asked += 1
        if (asked === HANGING) allAsked.resolve()
        return answer.promise
      },
    },
    allAsked: allAsked.promise,
    hangUp: () => answer.reject(new Error('the provider hung up')),
  }
}
