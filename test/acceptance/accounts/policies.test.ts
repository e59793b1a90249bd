import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AccountError } from '@accountry/accounts'
import { openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { ANA, listen, TYPE } from './support/example.ts'
import { outcomeOf } from './support/outcome.ts'

const SESSIONS = { canStartSessions: true }
/** What a policy says: not the person, who would have canceled. */
const forbidden = () =>
  new AccountError('ERR_DENIED', 'your organisation manages these accounts', { reason: 'access_denied' })

describe('a policy that forbids changes, which is the authenticator’s to know', () => {
  it('T219, T221 refuses a new account as ERR_DENIED, with its own words, and nothing is stored', async () => {
    await using world = await openTestManager()
    const heard = listen(world.manager)
    world.authenticator.next('addAccount', forbidden())
    await expect(world.manager.addAccount(TYPE)).rejects.toMatchObject({
      code: 'ERR_DENIED',
      message: 'your organisation manages these accounts',
    })
    expect([heard, await world.manager.getAccounts()]).toEqual([[], []])
  })

  it('T159 refuses the start of a session, and gives none out', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    world.authenticator.next('startAddAccountSession', forbidden())
    expect(await outcomeOf(world.manager.startAddAccountSession(TYPE))).toBe('ERR_DENIED access_denied')
  })

  it('T176, T180 refuses the end of a session that was started before it was made', async () => {
    await using world = await openTestManager({ authenticator: SESSIONS })
    const { session } = await world.manager.startAddAccountSession(TYPE)
    world.authenticator.next('finishSession', forbidden())
    expect(await outcomeOf(world.manager.finishSession(session))).toBe('ERR_DENIED access_denied')
    expect(await world.manager.getAccounts()).toEqual([])
  })

  it('T200 refuses a removal, and the account stays', async () => {
    await using world = await openTestManager({ authenticator: { removalAllowed: false } })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'p' })
    expect(await world.manager.removeAccount(account)).toBe('denied')
    expect(await world.manager.getPassword(account)).toBe('p')
  })
})

describe('a session', () => {
  it('T162, T170 gives no password out, not even to a system app', async () => {
    await using world = await openTestManager({
      authenticator: SESSIONS,
      app: { id: 'com.example.settings', system: true },
    })
    const account = await world.manager.addAccountExplicitly(ANA, { password: 'canary' })
    const answer = { session: { a: 1 }, statusToken: 'status', password: 'canary', token: 'canary' } as never
    world.authenticator.next('startAddAccountSession', answer)
    world.authenticator.next('startUpdateCredentialsSession', answer)
    for (const started of [
      await world.manager.startAddAccountSession(TYPE),
      await world.manager.startUpdateCredentialsSession(account),
    ]) {
      expect(Object.keys(started).sort()).toEqual(['expiresAt', 'session', 'statusToken'])
      expect(JSON.stringify(started)).not.toContain('canary')
    }
  })
})

describe('the label of a token type', () => {
  it('T206 is not asked for without a type', async () => {
    await using world = await openTestManager({ authenticator: { labels: { calendar: 'Your calendar' } } })
    for (const nothing of [null, undefined, '']) {
      expect(await outcomeOf(world.manager.getAuthTokenLabel(TYPE, nothing as never))).toBe('TypeError')
    }
    expect(world.authenticator.count('getAuthTokenLabel')).toBe(0)
    expect(await world.manager.getAuthTokenLabel(TYPE, 'calendar')).toBe('Your calendar')
  })
})

describe('a vault of the version before', () => {
  it('T154 is brought up to date when it is opened, with its accounts, passwords and tokens', async () => {
    await using world = await openTestManager()
    const account = await world.manager.addAccountExplicitly(ANA, {
      password: 'p',
      userData: { a: 'b' },
      tokens: { calendar: { value: 'x' } },
    })
    await world.manager.close()
    const database = new DatabaseSync(join(world.directory, 'vault.db'))
    database.exec(`
      DROP TABLE token_label;
      DROP INDEX account_by_login;
      ALTER TABLE account DROP COLUMN login;
      ALTER TABLE token DROP COLUMN expires_at;
      PRAGMA user_version = 1;`)
    database.close()
    const again = await world.reopen()
    expect(await again.getAccounts()).toEqual([account])
    expect([await again.getPassword(account), await again.getUserData(account, 'a')]).toEqual(['p', 'b'])
    expect((await again.peekAuthToken(account, 'calendar'))?.value).toBe('x')
    expect((await again.renameAccount(account, 'work')).id).toBe(account.id)
  })
})
