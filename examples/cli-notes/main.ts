// Notes of two accounts, written without a network and synchronised when there is one.
//
//   node examples/cli-notes/main.ts

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { createFakeSyncEnvironment, startAuthorizationServer, startTaskApi } from '@accountry/testing'
import { type Account, createOAuthAuthenticator, openAccountry } from 'accountry'
import { volatileKey } from 'accountry/keychain'
import { Notebook } from './notebook.ts'
import { notesAdapter } from './notes-adapter.ts'

await using server = await startAuthorizationServer()
await using api = await startTaskApi({ issuer: server.issuer, users: { ana: ['From the phone'] } })
await using folder = await mkdtempDisposable(`${tmpdir()}/accountry-example-`)
const notebook = new Notebook(folder.path)
// So that this story can pull the plug; an app leaves it out, and the engine looks at the machine.
const machine = createFakeSyncEnvironment({ network: 'none' })

await using accountry = await openAccountry({
  app: { id: 'com.example.notes' },
  authenticators: [
    createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer: server.issuer,
      clientId: server.clientId,
      tokenTypes: { notes: { scopes: ['tasks.read', 'tasks.write'], origins: [api.url] } },
    }),
  ],
  adapters: [
    notesAdapter(notebook, ({ account, signal }, path, init) =>
      accountry.fetch(account, 'notes')(`${api.url}${path}`, { ...init, signal }),
    ),
  ],
  environment: machine,
  directory: `${folder.path}/vault`,
  keyProvider: volatileKey(),
  interaction: server.browser(),
})
const { accounts, sync } = accountry
server.user = 'ana'
const ana = await accounts.addAccount('com.example')
server.user = 'ben'
const ben = await accounts.addAccount('com.example')

console.log('Without a network:')
await write(ana, 'Buy milk')
await write(ana, 'Call Ben')
await write(ben, 'Water the plants')
await show()
console.log((await sync.explain({ account: ana, authority: 'notes' })).text)

console.log('The network is back:')
machine.network = 'unmetered'
await sync.whenIdle()
await show()
const isEqual = api.tasksOf('ana').length === (await notebook.of(ana)).length
console.log(`The service has the same: ${isEqual}.`)

/** What a note on the command line does: the file first, then a wish that the engine keeps. */
async function write(account: Account, title: string): Promise<void> {
  await notebook.change(account, (notes) => [...notes, { title }])
  await sync.notifyChange({ account, authority: 'notes' }).accepted
}

async function show(): Promise<void> {
  for (const account of [ana, ben]) {
    const notes = await notebook.of(account)
    console.log(
      `  ${account.name}: ${notes.map(({ title, id }) => (id === undefined ? `${title} (not sent)` : title)).join(', ')}`,
    )
  }
}
