// The whole thing, for real, in under a minute: two accounts, a strict authorization server, an API that checks tokens,
// several processes, and a kill at the worst moment.
//
//   pnpm demo        (or: node examples/quickstart/main.ts)

import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startAuthorizationServer, startProcess, startTaskApi } from '@accountry/testing'
import type { Account, Accountry } from 'accountry'
import { fetchTasks, openAgenda, taskFile } from './agenda.ts'
import { Claims } from './claims.ts'
import { forgetKey, guardOf, openUnlocked } from './guard.ts'
import { findSecrets, printTable } from './inspection.ts'

const TOKEN_LIFETIME_S = 5
const PEOPLE = { ana: ['Buy milk', 'Call Ben'], ben: ['Water the plants'] }

const startedAt = performance.now()
// A story that hangs has failed.
setTimeout(() => {
  console.error('\nThis took longer than a minute: something hangs.')
  process.exit(1)
}, 60_000).unref()
const claims = new Claims()
const refreshes = new Map<string, number>()

await using server = await startAuthorizationServer({
  rotation: 'strict',
  accessTokenLifetimeS: TOKEN_LIFETIME_S,
  users: { ana: {}, ben: {} },
})
await using api = await startTaskApi({ issuer: server.issuer, users: PEOPLE, scopes: { read: 'tasks.read' } })
await using folder = await mkdtempDisposable(join(tmpdir(), 'accountry-demo-'))
step(`An authorization server on ${server.issuer}: refresh tokens work once, access tokens live ${TOKEN_LIFETIME_S} s.`)
console.log(`   A task API on ${api.url} that checks every token against the server's keys.`)

let { agenda, place } = await openUnlocked(
  { folder: folder.path, issuer: server.issuer, clientId: server.clientId, api: api.url, withoutKeychain: false },
  { interaction: server.browser() },
)
countRefreshes(agenda)
const guard = await guardOf(agenda)
step(`The vault is encrypted, and its key is guarded by ${guard}.`)

step('Sign in two accounts through the authorization-code flow with PKCE.')
const accounts: Account[] = []
for (const person of Object.keys(PEOPLE)) {
  server.user = person
  accounts.push(await agenda.accounts.addAccount('com.example'))
}
claims.check('two accounts are in the vault', (await agenda.accounts.getAccounts()).length === 2)
const signIns = requests('authorization_code')
claims.check('each signed in with a code of its own', signIns === 2)

step('Synchronise the tasks of each account to a file.')
await syncAll(agenda)
claims.check('the files hold what the API has', await filesMatch())

step('Let the access tokens end, change something at the API, and synchronise again.')
const before = await refreshTokens(agenda)
await tokensEnd()
api.addTask('ana', 'Book a train')
api.addTask('ben', 'Fix the bike')
await syncAll(agenda)
claims.check('the files hold what the API has now', await filesMatch())
const after = await refreshTokens(agenda)
claims.check(
  'both refresh tokens were rotated',
  before.every((token, index) => token !== after[index]),
)

step('Two processes, twenty callers each, and ended tokens, all at the same moment.')
{
  await using other = startProcess<never, number>(new URL('other-process.ts', import.meta.url), argsFor('share'))
  await tokensEnd()
  await other.ready()
  const atStart = requests('refresh_token')
  other.release()
  const here = callers().map((account) => fetchTasks(agenda, place, account))
  const answered = (await Promise.all(here)).length + (await other.next())
  await other.exited
  claims.check('all 40 callers were answered', answered === 40)
  claims.check('one refresh for each account', requests('refresh_token') - atStart === accounts.length)
}

step('Kill a process in the middle of a refresh: after its intent, before its request leaves.')
{
  await using victim = startProcess(new URL('other-process.ts', import.meta.url), argsFor('die'))
  await tokensEnd()
  await victim.ready()
  const atStart = requests('refresh_token')
  victim.release()
  const { signal } = await victim.exited
  claims.check(`it was killed (${signal})`, signal === 'SIGKILL')
  claims.check('the server heard nothing of it', requests('refresh_token') === atStart)
}

step('Restart, and synchronise again. Nobody is there to sign in.')
await agenda.close()
agenda = await openAgenda(place)
countRefreshes(agenda)
api.addTask('ana', 'Read a book')
await syncAll(agenda)
claims.check('the files hold what the API has now', await filesMatch())
claims.check('nobody had to sign in', requests('authorization_code') === signIns)
const alive = await Promise.all((await refreshTokens(agenda)).map((token) => server.isRefreshTokenAlive(token)))
claims.check('the strict server still honours both grants', alive.every(Boolean))

step('What there is now:')
await printTable(agenda, place, refreshes)
const secrets = [...before, ...after, ...(await refreshTokens(agenda))]
await forgetKey(agenda)
await agenda.close()
claims.check('no refresh token can be read in any file', (await findSecrets(folder.path, secrets)).length === 0)

const seconds = Math.round((performance.now() - startedAt) / 1000)
console.log(`\n${claims.summary}, in ${seconds} s.`)
if (!claims.allHeld) process.exitCode = 1

function step(text: string): void {
  console.log(`\n${text}`)
}

/** How many requests of a kind the server has answered. */
function requests(grantType: string): number {
  return server.requestsTo('token', grantType).length
}

async function syncAll({ accounts: manager, sync }: Accountry): Promise<void> {
  const handles = (await manager.getAccounts()).map((account) =>
    sync.requestSync({ account, authority: 'tasks', manual: true }),
  )
  for (const { outcome, reason, attempts } of await Promise.all(handles.map(({ done }) => done))) {
    claims.check(
      `a synchronisation ended: ${outcome}${reason ? ` (${reason})` : ''}`,
      outcome === 'success' && attempts === 1,
    )
  }
}

async function filesMatch(): Promise<boolean> {
  const matches = accounts.map(async (account) => {
    const stored = await readFile(taskFile(place, account), 'utf8')
    const [person = ''] = account.name.split('@')
    return JSON.stringify(JSON.parse(stored)) === JSON.stringify(api.tasksOf(person))
  })
  return (await Promise.all(matches)).every(Boolean)
}

async function refreshTokens({ accounts: manager }: Accountry): Promise<string[]> {
  const passwords = (await manager.getAccounts()).map((account) => manager.getPassword(account))
  return (await Promise.all(passwords)).map(String)
}

async function tokensEnd(): Promise<void> {
  console.log(`   … waiting ${TOKEN_LIFETIME_S} s for the access tokens to end`)
  await pause(TOKEN_LIFETIME_S * 1000 + 100)
}

function callers(): Account[] {
  return Array.from({ length: 10 }, () => accounts).flat()
}

function argsFor(mode: 'share' | 'die'): string[] {
  return [JSON.stringify(place), mode]
}

/** Also those of other processes: every process learns what the others did. */
function countRefreshes({ accounts: manager }: Accountry): void {
  manager.on('token:refreshed', ({ account }) => refreshes.set(account.id, (refreshes.get(account.id) ?? 0) + 1))
}
