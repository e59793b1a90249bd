import { join } from 'node:path'
import { AccountManager, type Authenticator } from '@accountry/accounts'
import { Database } from '../../src/storage/database.ts'
import { ChangeFeed } from '../../src/vault/change-feed.ts'
import { APPLICATION_ID, MIGRATIONS } from '../../src/vault/schema.ts'
import { fixedKey } from './keys.ts'
import { redeem } from './redeem.ts'
import { serve } from './serve.ts'

export type VaultRequest =
  | { readonly do: 'open'; readonly directory: string; readonly server?: string }
  | { readonly do: 'add'; readonly name: string; readonly password?: string }
  | { readonly do: 'get-token'; readonly account: string; readonly authTokenType?: string }
  | { readonly do: 'get-token-hanging'; readonly account: string }
  | { readonly do: 'die-before-request'; readonly account: string }
  | { readonly do: 'invalidate'; readonly value: string }
  | { readonly do: 'remove'; readonly account: string }
  | { readonly do: 'set-user-data'; readonly account: string; readonly key: string; readonly value: string }
  | { readonly do: 'set-tokens'; readonly account: string; readonly count: number }
  | { readonly do: 'rotate-key' }
  | { readonly do: 'overrun-feed'; readonly account: string }

const TYPE = 'com.example'
let manager: AccountManager | undefined
let server: string | undefined

/** Uses a vault in a process of its own, as the test says. */
serve(async (request: VaultRequest): Promise<unknown> => {
  if (request.do === 'open') {
    server = request.server
    manager = await AccountManager.open({
      app: { id: 'com.example.app' },
      keyProvider: fixedKey(),
      directory: request.directory,
      authenticators: [authenticator],
    })
    return 'opened'
  }
  if (manager === undefined) throw new Error('open comes first')
  return await perform(manager, request)
})

async function perform(manager: AccountManager, request: Exclude<VaultRequest, { do: 'open' }>): Promise<unknown> {
  switch (request.do) {
    case 'add': {
      const options = request.password === undefined ? {} : { password: request.password }
      return await manager.addAccountExplicitly({ type: TYPE, name: request.name }, options)
    }
    case 'get-token':
      return (await manager.getAuthToken(request.account, request.authTokenType ?? 'calendar')).value
    case 'get-token-hanging':
      manager.getAuthToken(request.account, 'hang').catch(() => undefined)
      return 'asked'
    case 'die-before-request':
      // The intent is durable when the authenticator is asked.
      return await manager.getAuthToken(request.account, 'die')
    case 'invalidate':
      return await manager.invalidateAuthToken(TYPE, request.value)
    case 'remove':
      return await manager.removeAccountExplicitly(request.account)
    case 'set-user-data':
      await manager.setUserData(request.account, request.key, request.value)
      return 'saved'
    case 'set-tokens':
      for (let n = 0; n < request.count; n++) {
        await manager.setAuthToken(request.account, `by-${process.pid}`, { value: `token-${n}` })
      }
      return 'set'
    case 'rotate-key':
      return await manager.rotateKey()
    case 'overrun-feed':
      return await overrunFeed(manager.directory, request.account)
  }
}

/** A service behind a small HTTP server that rotates refresh tokens; without one, tokens are made up. */
const authenticator: Authenticator = {
  description: { type: TYPE, label: 'Example' },
  addAccount: () => Promise.reject(new Error('nobody signs in here')),
  async getAuthToken({ authTokenType }, context) {
    if (authTokenType === 'die') process.kill(process.pid, 'SIGKILL')
    if (server === undefined) return { value: `made-up-by-${process.pid}` }
    return await redeem(server, String(authTokenType), context)
  },
}

/** More changes at once than the feed keeps. */
async function overrunFeed(directory: string, account: string): Promise<void> {
  const file = join(directory, 'vault.db')
  const database = await Database.open({ file, migrations: MIGRATIONS, applicationId: APPLICATION_ID })
  const feed = new ChangeFeed(database, 'overrun', () => Date.now())
  await database.write(() => {
    for (let n = 0; n < 10_300; n++)
      feed.append({ event: 'account:state', account: { id: account, type: TYPE, name: 'x' } })
  })
  database.close()
}
