// Two accounts of one person at one service: list them, choose one, use both, remove one.
//
//   node examples/02-two-accounts.ts

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthorizationServer } from '@accountry/testing'
import { createOAuthAuthenticator, isAccountError, openAccountry } from 'accountry'
import { volatileKey } from 'accountry/keychain'

// A real authorization server on this machine stands in for a service; whoever `server.user` names signs in next.
await using server = await startAuthorizationServer({
  users: { work: { claims: { email: 'ana@work.example' } }, home: { claims: { email: 'ana@home.example' } } },
})
await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-example-'))
await using accountry = await openAccountry({
  app: { id: 'com.example.second' },
  authenticators: [
    createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer: server.issuer,
      clientId: server.clientId,
      tokenTypes: { tasks: { scopes: ['tasks.read'] } },
    }),
  ],
  directory: folder.path,
  keyProvider: volatileKey(),
  interaction: server.browser(),
})
const { accounts } = accountry

// Other parts of the app, and other processes that share the vault, learn of every change.
accounts.on('account:added', ({ account }) => console.log(`Added ${account.name}.`))
accounts.on('account:removed', ({ account }) => console.log(`Removed ${account.name}.`))

server.user = 'work'
const work = await accounts.addAccount('com.example')
server.user = 'home'
const home = await accounts.addAccount('com.example')

// Each has tokens of its own.
const [one, other] = await Promise.all([accounts.getAuthToken(work, 'tasks'), accounts.getAuthToken(home, 'tasks')])
console.log(`Two accounts, two tokens: ${one.value !== other.value}.`)

// Which account is meant? Without a hint or a default only the person can say; here nobody may be asked.
try {
  await accountry.account('com.example')
} catch (error) {
  if (!isAccountError(error)) throw error
  console.log(`${error.code}: ${error.candidates?.map(({ name }) => name).join(' or ')}?`)
}
console.log(`By hint: ${(await accountry.account('com.example', { hint: 'ana@w' })).name}.`)
await accounts.setDefaultAccount('com.example', home)
console.log(`By default: ${(await accountry.account('com.example')).name}.`)

// Signing in again as the same person updates the account instead of adding another.
const again = await accounts.addAccount('com.example')
console.log(`The same account again: ${again.id === home.id}.`)

// Removing an account ends its access at the service too.
await accounts.removeAccount(work)
for (const info of await accounts.getAccountInfos()) console.log(`Left: ${info.account.name}, ${info.state}.`)
