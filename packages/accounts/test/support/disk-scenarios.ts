import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Account,
  AccountManager,
  type AccountManagerOptions,
  type Authenticator,
  type CredentialContext,
  type IssuedToken,
} from '@accountry/accounts'
import { createFakeClock } from '@accountry/testing'
import { fixedKey } from './keys.ts'

const TYPE = 'com.example'
const ANA = { type: TYPE, name: 'ana@example.com' }
const HOUR = 3_600_000
const clock = createFakeClock()
const [scenario = '', disk = ''] = process.argv.slice(2)
const directory = join(disk, 'vault')

/** What the authenticator does when it is asked for a token; counts the calls. */
let calls = 0
let issue: (context: CredentialContext) => Promise<IssuedToken> = async () => token()
const authenticator: Authenticator = {
  description: { type: TYPE, label: 'Example' },
  addAccount: async () => ({ name: 'ben', password: 'refresh-0' }),
  getAuthToken: async (_request, context) => {
    calls += 1
    return await issue(context)
  },
}

const token = (): IssuedToken => ({ value: `token-${calls}`, expiresAt: clock.now() + HOUR })

function open(options: Partial<AccountManagerOptions> = {}): Promise<AccountManager> {
  const app = { id: 'com.example.app' }
  return AccountManager.open({
    app,
    keyProvider: fixedKey(),
    authenticators: [authenticator],
    clock,
    directory,
    ...options,
  })
}

/** A file that takes all the space that is left. */
function fill(): void {
  const file = openSync(join(disk, 'filler'), 'a')
  for (const size of [65_536, 4_096, 512]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  closeSync(file)
}

const free = () => rmSync(join(disk, 'filler'))
const remount = (mode: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${mode}`, disk])

/** How a promise ends, in a few words. */
async function end(work: Promise<unknown>): Promise<string> {
  try {
    const result = await work
    return typeof result === 'object' && result !== null && 'value' in result ? String(result.value) : 'ok'
  } catch (error) {
    const { name, code, reason } = error as { name: string; code?: string; reason?: string }
    return [name === 'AccountError' ? undefined : name, code, reason].filter((part) => part !== undefined).join(' ')
  }
}

async function withAccount(manager: AccountManager, password = 'refresh-0'): Promise<Account> {
  return await manager.addAccountExplicitly(ANA, { password })
}

const scenarios: Record<string, () => Promise<object>> = {
  async 'full: nothing can be written'() {
    await using manager = await open()
    const account = await withAccount(manager)
    await manager.getAuthToken(account, 'calendar')
    fill()
    const refused = await Promise.all(
      [
        manager.addAccountExplicitly({ type: TYPE, name: 'ben' }, { userData: { note: 'x'.repeat(100_000) } }),
        manager.setUserData(account, 'note', 'x'.repeat(100_000)),
      ].map(end),
    )
    const listed = (await manager.getAccounts()).length
    const read = await manager.getPassword(account)
    const valid = await end(manager.getAuthToken(account, 'calendar'))
    free()
    const afterwards = await end(manager.addAccountExplicitly({ type: TYPE, name: 'ben' }))
    return { refused, listed, read, valid, afterwards, accounts: (await manager.getAccounts()).length }
  },

  async 'full: no renewal is begun'() {
    await using manager = await open()
    const account = await withAccount(manager)
    await manager.getAuthToken(account, 'calendar')
    fill()
    await clock.advance(HOUR)
    const refused = await end(manager.getAuthToken(account, 'calendar'))
    const asked = calls - 1
    free()
    return { refused, asked, afterwards: await end(manager.getAuthToken(account, 'calendar')) }
  },

  async 'full: before anybody needed a lease'() {
    const manager = await open()
    const account = await withAccount(manager)
    await manager.close()
    await using again = await open()
    fill()
    const refused = await end(again.getAuthToken(account, 'calendar'))
    free()
    return { refused, asked: calls === 0 ? 0 : calls, afterwards: await end(again.getAuthToken(account, 'calendar')) }
  },

  async 'full: a rotated credential is kept'() {
    const manager = await open()
    const account = await withAccount(manager)
    const warnings: string[] = []
    manager.on('vault:warning', ({ problem }) => warnings.push(problem?.code ?? ''))
    let durable: boolean | undefined
    issue = async (context) => {
      fill()
      durable = (await context.replaceCredential({ password: 'refresh-1' })).durable
      return token()
    }
    const received = await end(manager.getAuthToken(account, 'calendar'))
    const password = await manager.getPassword(account)
    const flushed = await end(manager.flush())
    await clock.advance(5_000)
    free()
    await clock.advance(2_000)
    const flushedLater = await end(manager.flush())
    await manager.close()
    await using again = await open()
    return { received, durable, warnings, password, flushed, flushedLater, saved: await again.getPassword(account) }
  },

  async 'full: a rotated credential is used for the next renewal'() {
    const manager = await open()
    const account = await withAccount(manager)
    const sent: (string | undefined)[] = []
    issue = async (context) => {
      sent.push(context.credential.password)
      if (sent.length === 1) fill()
      await context.replaceCredential({ password: `refresh-${sent.length}` })
      return token()
    }
    await manager.getAuthToken(account, 'calendar')
    const meanwhile = await end(manager.getAuthToken(account, 'calendar', { forceRefresh: true }))
    free()
    const next = await end(manager.getAuthToken(account, 'calendar', { forceRefresh: true }))
    await manager.close()
    await using again = await open()
    return { meanwhile, next, sent, saved: await again.getPassword(account) }
  },

  async 'full: nothing is made'() {
    fill()
    const refused = await end(open())
    free()
    await using manager = await open()
    return { refused, afterwards: await end(withAccount(manager)) }
  },

  async 'read-only: what is there is served'() {
    const manager = await open()
    const account = await withAccount(manager)
    await manager.getAuthToken(account, 'calendar')
    await manager.close()
    remount('ro')
    const reader = await open()
    const seen = {
      listed: (await reader.getAccounts()).length,
      password: await reader.getPassword(account),
      valid: await end(reader.getAuthToken(account, 'calendar')),
      health: (await reader.health()).problems.map(({ code }) => code),
      refused: await Promise.all(
        [
          reader.addAccountExplicitly({ type: TYPE, name: 'ben' }),
          reader.setPassword(account, 'x'),
          reader.renameAccount(account, 'anna'),
          reader.removeAccount(account),
          reader.invalidateAuthToken(TYPE, 'token-1'),
        ].map(end),
      ),
    }
    await clock.advance(HOUR)
    const renewal = await end(reader.getAuthToken(account, 'calendar'))
    await reader.close()
    remount('rw')
    await using writer = await open()
    return { ...seen, renewal, asked: calls - 1, afterwards: await end(writer.getAuthToken(account, 'calendar')) }
  },

  async 'read-only: after a crash'() {
    const script = `
      const { AccountManager } = await import(${JSON.stringify(import.meta.resolve('@accountry/accounts'))})
      const { fixedKey } = await import(${JSON.stringify(import.meta.resolve('./keys.ts'))})
      const authenticators = [{ description: { type: 'com.example', label: 'x' }, addAccount() {}, getAuthToken() {} }]
      const manager = await AccountManager.open({ app: { id: 'com.example.app' }, keyProvider: fixedKey(), authenticators, directory: ${JSON.stringify(directory)} })
      await manager.addAccountExplicitly({ type: 'com.example', name: 'ana@example.com' }, { password: 'refresh-0' })
      process.kill(process.pid, 'SIGKILL')`
    try {
      execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script])
    } catch {
      // It killed itself.
    }
    const wal = readdirSync(directory).includes('vault.db-wal')
    remount('ro')
    const result: Record<string, unknown> = { wal }
    await using reader = await open()
    const [account] = await reader.getAccounts()
    result['name'] = account?.name
    result['password'] = await reader.getPassword(account ?? '')
    return result
  },

  async 'read-only: no vault yet'() {
    remount('ro')
    return { refused: await end(open()) }
  },

  async 'read-only: an empty folder'() {
    execFileSync('mkdir', ['-m', '700', directory])
    remount('ro')
    return { refused: await end(open()) }
  },

  async 'errors: every acknowledged write is there'() {
    const manager = await open()
    const account = await withAccount(manager)
    const outcomes: string[] = []
    const acknowledged: string[] = []
    for (let n = 0; n < 40; n++) {
      const outcome = await end(manager.setUserData(account, `key-${n}`, 'x'.repeat(20_000)))
      outcomes.push(outcome)
      if (outcome === 'ok') acknowledged.push(`key-${n}`)
    }
    await manager.close()
    await using again = await open()
    const lost: string[] = []
    for (const key of acknowledged) if ((await again.getUserData(account, key))?.length !== 20_000) lost.push(key)
    const failures = new Set(outcomes.filter((outcome) => outcome !== 'ok'))
    return {
      failures: [...failures],
      acknowledged: acknowledged.length > 0,
      lost,
      password: await again.getPassword(account),
    }
  },
}

const result = await scenarios[scenario]?.()
process.stdout.write(JSON.stringify(result ?? { missing: scenario }))
