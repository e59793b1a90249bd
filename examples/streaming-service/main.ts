// Company B issues the tokens, company A's API checks them: guest and premium accounts under one account type.
//
//   node examples/streaming-service/main.ts

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { startAuthorizationServer, startTaskApi } from '@accountry/testing'
import { type Account, createOAuthAuthenticator, isAccountError, openAccountry } from 'accountry'
import { volatileKey } from 'accountry/keychain'

// Company B: the only one that sees passwords.
await using identity = await startAuthorizationServer({
  users: { guest: { claims: { email: 'guest@b.example' } }, ana: { claims: { email: 'ana@b.example' } } },
  scopes: ['catalogue', 'premium'],
})
// Company A: one API for everybody, and one that also wants the right to premium films.
const films = { guest: ['A trailer'], ana: ['A trailer', 'A whole film'] }
await using catalogue = await startTaskApi({ issuer: identity.issuer, users: films, scopes: { read: 'catalogue' } })
await using cinema = await startTaskApi({ issuer: identity.issuer, users: films, scopes: { read: 'premium' } })

await using folder = await mkdtempDisposable(`${tmpdir()}/accountry-example-`)
await using accountry = await openAccountry({
  app: { id: 'com.example.player' },
  authenticators: [
    createOAuthAuthenticator({
      type: 'tv.example',
      label: 'Example TV',
      issuer: identity.issuer,
      clientId: identity.clientId,
      // A token goes to company A only, and each kind of it to the API that it is for.
      tokenTypes: {
        browse: { scopes: ['catalogue'], origins: [catalogue.url, cinema.url] },
        watch: { scopes: ['catalogue', 'premium'], origins: [cinema.url] },
      },
    }),
  ],
  directory: folder.path,
  keyProvider: volatileKey(),
  interaction: identity.browser(),
})
const { accounts } = accountry

// A feature is a right that the person was granted. Each signs in for what it is needed for; B grants so much and no more.
identity.user = 'guest'
const guest = await accounts.addAccount('tv.example', { authTokenType: 'browse' })
identity.user = 'ana'
const ana = await accounts.addAccount('tv.example', { authTokenType: 'watch' })

for (const account of await accounts.getAccountsByType('tv.example')) {
  const isPremium = await accounts.hasFeatures(account, ['premium'])
  console.log(
    `${account.name} ${isPremium ? 'has premium' : 'is a guest'} and sees: ${await show(account, 'browse', catalogue.url)}`,
  )
}
const offered = await accounts.getAccountsByTypeAndFeatures('tv.example', ['premium'])
console.log(`For a premium film is offered: ${offered.map(({ name }) => name).join(', ')}.`)
console.log(`There ${ana.name} sees: ${await show(ana, 'watch', cinema.url)}`)

// What an account may not do is an error with a code, whether the vault knows it or company A says it.
console.log(`${guest.name} asks for a token to watch: ${await codeOf(show(guest, 'watch', cinema.url))}`)
console.log(`${guest.name} tries with the token it has: ${await codeOf(show(guest, 'browse', cinema.url))}`)

async function show(account: Account, authTokenType: string, api: string): Promise<string> {
  const response = await accountry.fetch(account, authTokenType)(`${api}/tasks`)
  const titles = (await response.json()) as { title: string }[]
  return titles.map(({ title }) => title).join(', ')
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    return `allowed ${String(await attempt)}`
  } catch (error) {
    if (!isAccountError(error)) throw error
    return error.code
  }
}
