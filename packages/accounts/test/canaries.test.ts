import {
  AccountError,
  type AccountManager,
  type AccountManagerEvents,
  type CredentialContext,
  type Logger,
} from '@accountry/accounts'
import {
  createCanaries,
  createFakeAuthenticator,
  createFakeClock,
  createFakeInteraction,
  createFakeKeyProvider,
  startProcess,
} from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { brokenConnection, invalidGrant } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const TOUR = new URL('support/noisy-tour.ts', import.meta.url)
const STRANGER = 'com.example.stranger'
const EVENTS = [
  'account:added',
  'account:removed',
  'account:renamed',
  'account:updated',
  'account:attention',
  'account:recovered',
  'account:default-changed',
  'token:refreshed',
  'token:invalidated',
  'vault:locked',
  'vault:unlocked',
  'vault:warning',
] as const satisfies readonly (keyof AccountManagerEvents)[]

/** Keeps everything that a manager logs and announces. */
function witness(): { logger: Logger; records: unknown[]; listen: (manager: AccountManager) => void } {
  const records: unknown[] = []
  const keep = (...record: unknown[]) => void records.push(record)
  return {
    logger: { debug: keep, info: keep, warn: keep, error: keep },
    records,
    listen: (manager) => {
      for (const event of EVENTS) manager.on(event, keep)
    },
  }
}

describe('no secret', () => {
  it('is in any file, error, event, log record or result of a long tour through everything (I-02, I-04, I-11)', async () => {
    const canaries = createCanaries()
    const secret = (label: string) => canaries.canary(label)
    const { logger, records, listen } = witness()
    const clock = createFakeClock()
    const authenticator = createFakeAuthenticator({
      secret,
      rotates: true,
      canUpdate: true,
      canConfirm: true,
      canRevoke: true,
      canStartSessions: true,
      removalAllowed: true,
      features: ['f1'],
    })
    const configuration = { kind: 'test', options: { clientSecret: secret('client secret') } }
    const interaction = createFakeInteraction({ credentials: { password: secret('typed') } })
    const directory = tempFolder()
    const keyProvider = createFakeKeyProvider()
    const manager = await openManager({
      clock,
      directory,
      keyProvider,
      interaction,
      logger,
      authenticators: [{ ...authenticator, configuration }],
    })
    listen(manager)
    const seen: unknown[] = []
    const see = async (call: Promise<unknown>) => {
      const result = await call.catch((error: unknown) => error)
      seen.push(result)
      return result
    }

    const ana = await manager.addAccountExplicitly(
      { type: TYPE, name: 'ana' },
      {
        password: secret('password'),
        userData: { key: secret('user data') },
        tokens: { calendar: { value: secret('given token'), expiresAt: clock.now() + 60_000 } },
      },
    )
    seen.push(ana)
    await see(manager.addAccount(TYPE, { name: 'ben', authTokenType: 'calendar' }))
    await see(manager.getAuthToken(ana, 'calendar'))
    await see(manager.getAuthToken(ana, 'calendar', { options: { secret: secret('option') } }))
    await see(manager.confirmCredentials(ana, { password: secret('asked password') }))
    await see(manager.confirmCredentials(ana))
    await see(manager.updateCredentials(ana))
    await see(manager.hasFeatures(ana, ['f1']))
    await see(manager.grantAuthToken(ana, 'calendar', STRANGER))
    await see(manager.getAuthTokenGrants(ana))

    const leak = (fields: object) => Object.assign(new Error(secret('message')), fields)
    authenticator.next(
      'getAuthToken',
      leak({ config: { headers: { authorization: secret('header') } } }),
      leak({ cause: { code: 'ECONNREFUSED', body: secret('body') } }),
      new TypeError('fetch failed', { cause: leak({ code: 'ENOTFOUND' }) }),
      { value: `${secret('bad token')}\n` },
      { value: secret('good token'), scopes: secret('scopes') as never },
      async (_request: unknown, context: CredentialContext) => {
        await context.replaceCredential({ password: secret('rotated'), fields: { key: secret('field') } })
        throw leak({})
      },
      async (_request: unknown, context: CredentialContext) => {
        await context.replaceCredential({ password: { secret: secret('no text') } as never })
        return { value: secret('never') }
      },
      brokenConnection(),
      invalidGrant(),
    )
    for (let call = 0; call < 9; call++) {
      clock.jump(3_600_000)
      await see(manager.getAuthToken(ana, 'mail', { forceRefresh: true, interaction: 'notify' }))
    }
    await see(manager.setPassword(ana, secret('new password')))
    await see(manager.setPassword(ana, secret('x').repeat(10_000)))
    await see(manager.setUserData(ana, 'key', secret('y').repeat(100_000)))
    await see(manager.setUserData(ana, 'key', { value: secret('z') } as never))
    await see(manager.setAuthToken(ana, 'calendar', { token: secret('misnamed') } as never))
    await see(manager.setAuthToken(ana, 'calendar', { value: secret('set token') }))
    await see(manager.invalidateAuthToken(TYPE, secret('set token')))
    await see(manager.addAccountExplicitly({ type: TYPE, name: `${secret('name')}\n` }))
    await see(manager.getAccount([secret('id')] as never))

    authenticator.next('startAddAccountSession', { session: { verifier: secret('verifier') } })
    const started = await manager.startAddAccountSession(TYPE, { options: { state: secret('state') } })
    seen.push(started)
    await see(manager.finishSession(`${started.session}x`))
    await see(manager.finishSession(started.session, { url: `https://app.example.com/?code=${secret('code')}` }))
    await see(manager.finishSession(started.session, { url: secret('no url') }))

    const key = new Uint8Array(32).fill(5)
    const text = await manager.export({ key })
    seen.push(text)
    await see(manager.import(text, { key: new Uint8Array(32) }))
    await see(manager.import(text, { key }))
    await see(manager.rotateKey())
    manager.lock()
    await see(manager.getPassword(ana))
    await see(manager.unlock())
    await see(manager.renameAccount(ana, 'anna'))
    await see(manager.getAccountInfos())
    await see(manager.health())
    authenticator.next('revoke', leak({}))
    await see(manager.removeAccount(ana))
    await authenticator.whenCalled('revoke')
    await manager.close()
    await see(manager.getPassword(ana))

    expect(seen.filter((value) => value instanceof AccountError).length).toBeGreaterThan(12)
    expect(records.length).toBeGreaterThan(10)
    await canaries.expectNoCanary({ directories: [directory], values: { seen, records } })
  })

  it('is in what a process prints, at the highest level of its log, also when it dies of an error (I-03)', async () => {
    const canaries = createCanaries()
    const folder = tempFolder()
    const env = { NODE_DEBUG: 'accountry', CANARY_FOR_TEST: undefined }
    await using child = startProcess<string, string>(TOUR, [folder], { env, execArgv: ['--trace-uncaught'] })
    child.send(canaries.canary('everything'))
    const { code } = await child.exited
    expect(code).not.toBe(0)
    expect(child.stderr).toMatch(/AccountError/)
    await canaries.expectNoCanary({ directories: [folder], processes: [child] })
  })
})
