// A small app, as someone writes it who installed `accountry` and nothing else. It is run from an empty folder, on each
// version of Node, as sources, bundled and as a single executable; what it prints must be the same each time.

import { createOAuthAuthenticator, openAccountry, type SyncAdapter } from 'accountry'
import { environmentKey } from 'accountry/keychain'

const {
  ISSUER: issuer = '',
  CLIENT_ID: clientId = '',
  REFRESH_TOKEN: password,
  DIRECTORY: directory = '',
} = process.env

async function main(): Promise<void> {
  let synchronised = 0
  const tasks: SyncAdapter = {
    accountType: 'com.example',
    authority: 'tasks',
    isAlwaysSyncable: true,
    async onPerformSync({ getAuthToken }) {
      await getAuthToken('tasks')
      synchronised += 1
    },
  }
  const accountry = await openAccountry({
    app: { id: 'com.example.consumer' },
    directory,
    keyProvider: environmentKey({ variable: 'CONSUMER_KEY' }),
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        issuer,
        clientId,
        tokenTypes: { tasks: { scopes: ['tasks.read'] } },
      }),
    ],
    adapters: [tasks],
  })
  const { accounts, sync } = accountry
  if (password !== undefined) await accounts.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password })
  const account = await accountry.account('com.example')
  const { scheme, scopes } = await accounts.getAuthToken(account, 'tasks')
  const { outcome } = await sync.requestSync({ account, authority: 'tasks', manual: true }).done
  await accountry.close()
  const answer = { account: account.name, scheme, scopes: [...scopes].sort(), outcome, synchronised: synchronised > 0 }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

void main()
