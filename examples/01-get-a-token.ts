// Sign in once, then get an access token whenever one is needed.
//
//   node examples/01-get-a-token.ts

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthorizationServer } from '@accountry/testing'
import { createOAuthAuthenticator, openAccountry } from 'accountry'
import { volatileKey } from 'accountry/keychain'

// A real authorization server on this machine stands in for a service of yours. It signs in without a browser.
await using server = await startAuthorizationServer()
await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-example-'))

await using accountry = await openAccountry({
  app: { id: 'com.example.first' },
  authenticators: [
    createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer: server.issuer,
      clientId: server.clientId,
      tokenTypes: { tasks: { scopes: ['tasks.read'] } },
    }),
  ],
  // An app of yours leaves these three out: the vault lies in the user's data folder, its key in the OS keychain, and
  // the user's own browser opens.
  directory: folder.path,
  keyProvider: volatileKey(),
  interaction: server.browser('ana'),
})

// The first time this signs in; afterwards it finds the account and asks nothing.
const account = await accountry.account('com.example', { interaction: 'allow' })
console.log(`Signed in as ${account.name}.`)

// Ask again before each request: it comes from memory while it is good, and is renewed when it is not.
const token = await accountry.accounts.getAuthToken(account, 'tasks')
console.log(
  `A ${token.scheme} token for ${token.scopes.join(' ')}, good until ${new Date(token.expiresAt ?? 0).toLocaleTimeString()}.`,
)

// A token does not show itself. Only `token.value` is the secret; send it to the service and nowhere else.
console.log(`Printed by accident it is only: ${token}`)

// The service rejected it? Say so and ask once more: that is one refresh, however many callers notice at once.
await accountry.accounts.invalidateAuthToken(token)
const another = await accountry.accounts.getAuthToken(account, 'tasks')
console.log(`Another one after a rejection: ${another.value !== token.value}.`)
