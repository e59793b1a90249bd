// Keep each account's tasks in a local file, in step with a service: now, every hour, and after signing in again.
//
//   node examples/03-periodic-sync.ts

import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock, startAuthorizationServer, startTaskApi } from '@accountry/testing'
import { createOAuthAuthenticator, openAccountry, type SyncAdapter } from 'accountry'
import { volatileKey } from 'accountry/keychain'

const HOUR_MS = 3_600_000

// A real authorization server and a real API on this machine, and a clock that lets an hour pass at once.
const clock = createFakeClock(Date.now())
await using server = await startAuthorizationServer({ clock, accessTokenLifetimeS: 24 * 3600 })
await using api = await startTaskApi({ issuer: server.issuer, users: { ana: ['Buy milk'] }, clock })
await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-example-'))
const file = join(folder.path, 'tasks.json')

// What is synchronised, and how often. The engine decides when it may run, tries again after errors, and waits for the
// account when only the person can go on.
const tasks: SyncAdapter = {
  accountType: 'com.example',
  authority: 'tasks',
  isAlwaysSyncable: true,
  // The service is on this machine, so it is there without a network, too. Leave it out for one that is not.
  network: 'none',
  defaults: { syncAutomatically: true, periodMs: HOUR_MS },
  async onPerformSync({ account, signal, result }) {
    const response = await accountry.fetch(account, 'tasks')(`${api.url}/tasks`, { signal })
    if (!response.ok) throw new Error(`the service answered ${response.status}`)
    const list = (await response.json()) as { title: string }[]
    await writeFile(file, JSON.stringify(list))
    result.stats.numEntries = list.length
  },
}

const accountry = await openAccountry({
  app: { id: 'com.example.third' },
  authenticators: [
    createOAuthAuthenticator({
      type: 'com.example',
      label: 'Example',
      issuer: server.issuer,
      clientId: server.clientId,
      tokenTypes: { tasks: { scopes: ['tasks.read'], origins: [api.url] } },
    }),
  ],
  adapters: [tasks],
  clock,
  // An app of yours leaves these out.
  directory: folder.path,
  keyProvider: volatileKey(),
  interaction: server.browser('ana'),
})
const { accounts, sync } = accountry
sync.on('sync:finished', ({ reason, result }) => console.log(`  synchronised (${reason}): ${result}`))

console.log('A new account is synchronised at once:')
const account = await accounts.addAccount('com.example')
await sync.whenIdle()
await show()

const { nextRunAt = 0 } = (await sync.getSyncStatus({ account, authority: 'tasks' })) ?? {}
console.log(`${Math.round((nextRunAt - clock.now()) / 60_000)} minutes later, by itself:`)
api.addTask('ana', 'Call Ben')
await clock.advance(nextRunAt - clock.now())
await sync.whenIdle()
await show()

console.log('When the person asks:')
api.addTask('ana', 'Water the plants')
await sync.requestSync({ account, authority: 'tasks', manual: true }).done
await show()

console.log((await sync.explain({ account, authority: 'tasks' })).text)
await accountry.close()

async function show(): Promise<void> {
  const list = JSON.parse(await readFile(file, 'utf8')) as { title: string }[]
  console.log(`  ${list.map(({ title }) => title).join(', ')}`)
}
