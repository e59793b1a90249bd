import type { AccountManager } from '@accountry/accounts'
import { createFakeAuthenticator, createFakeClock } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const STRANGER = 'com.example.stranger'

async function ownerAndStranger() {
  const directory = tempFolder()
  const owner = await openManager({ directory })
  const stranger = await openManager({ directory, app: { id: STRANGER }, authenticators: [] })
  const heard: string[] = []
  for (const event of ['account:added', 'account:removed', 'account:updated'] as const) {
    stranger.on(event, ({ account, reason }) =>
      heard.push(`${event} ${account.name}${reason === undefined ? '' : ` ${reason}`}`),
    )
  }
  const visible = { visibility: { [STRANGER]: 'visible' } } as const
  const hidden = { visibility: { [STRANGER]: 'not-visible' } } as const
  return { owner, stranger, heard, visible, hidden, ana: { type: TYPE, name: 'ana' } }
}

describe('a stranger', () => {
  it('hears that an account was added or removed when an update shows or hides it', async () => {
    const { owner, stranger, heard, visible, hidden, ana } = await ownerAndStranger()
    await owner.addAccountExplicitly(ana)
    await owner.addAccountExplicitly(ana, { ...visible, ifExists: 'update' })
    await stranger.flush()
    expect(heard.splice(0)).toContain('account:added ana')
    await owner.addAccountExplicitly(ana, { ...hidden, ifExists: 'update' })
    await stranger.flush()
    expect(heard).toEqual(['account:removed ana'])
  })

  it('hears of its grants, and nobody else does', async () => {
    const { owner, stranger, heard, visible, ana } = await ownerAndStranger()
    const account = await owner.addAccountExplicitly(ana, visible)
    await owner.setAuthToken(account, 't', { value: 'v' })
    await owner.grantAuthToken(account, 't', 'com.example.another')
    await stranger.flush()
    expect(heard.splice(0)).toEqual(['account:added ana'])
    await owner.grantAuthToken(account, 't', STRANGER)
    await stranger.flush()
    expect(heard).toEqual(['account:updated ana grants_changed'])
    expect((await stranger.getAuthToken(account, 't')).value).toBe('v')
    await owner.revokeAuthTokenGrant(account, 't', STRANGER)
    await stranger.flush()
    expect(heard).toHaveLength(2)
    expect(await failureOf(stranger.getAuthToken(account, 't'))).toMatchObject({ reason: 'not_granted' })
  })

  it('cannot find out user data by filtering (T117)', async () => {
    const { owner, stranger, visible, ana } = await ownerAndStranger()
    await owner.addAccountExplicitly(ana, { ...visible, userData: { pin: '1234' } })
    await stranger.flush()
    expect(await stranger.getAccountInfos({ userData: { pin: '1234' } })).toEqual([])
    expect(await owner.getAccountInfos({ userData: { pin: '1234' } })).toHaveLength(1)
  })

  it('gets the tokens for which it has a grant, and none of another resource or kind', async () => {
    const { owner, stranger, visible, ana } = await ownerAndStranger()
    const account = await owner.addAccountExplicitly(ana, visible)
    const kinds = [
      { scopes: ['read'], resource: 'https://a.example' },
      { scopes: ['read'], resource: 'https://b.example' },
      { scopes: ['read'] },
      'read',
      'scopes:read',
    ]
    for (const kind of kinds) await owner.setAuthToken(account, kind, { value: JSON.stringify(kind) })
    for (const granted of kinds) {
      await owner.grantAuthToken(account, granted, STRANGER)
      const got = await Promise.allSettled(kinds.map((kind) => stranger.getAuthToken(account, kind)))
      expect(got.flatMap(({ status }, i) => (status === 'fulfilled' ? [kinds[i]] : []))).toEqual([granted])
      await owner.revokeAuthTokenGrant(account, granted, STRANGER)
    }
  })

  it('sees no configuration of an authenticator, which holds the secret of a client', async () => {
    const directory = tempFolder()
    const configured = { ...createFakeAuthenticator(), configuration: { kind: 'x', options: { clientSecret: 's' } } }
    const owner = await openManager({ directory, authenticators: [configured] })
    await owner.close()
    const stranger = await openManager({ directory, app: { id: STRANGER }, authenticators: [] })
    const system = await openManager({ directory, app: { id: 'com.settings', system: true }, authenticators: [] })
    expect(await stranger.getAuthenticatorConfigurations()).toEqual(new Map())
    expect((await system.getAuthenticatorConfigurations()).size).toBe(1)
  })

  it('is who unregistered the authenticator, also for tokens in memory', async () => {
    const { owner, stranger, ana } = await ownerAndStranger()
    const account = await owner.addAccountExplicitly(ana)
    stranger.registerAuthenticator(createFakeAuthenticator())
    await stranger.getAuthToken(account, 't')
    stranger.unregisterAuthenticator(TYPE)
    expect(await failureOf(stranger.getAuthToken(account, 't'))).toMatchObject({ code: 'ERR_ACCOUNT_NOT_FOUND' })
  })

  it('cannot have the right to one account checked and another one removed', async () => {
    const { owner, stranger, ana } = await ownerAndStranger()
    const theirs = await owner.addAccountExplicitly(ana, { visibility: { [STRANGER]: 'visible' } })
    stranger.registerAuthenticator(createFakeAuthenticator({ type: 'com.own' }))
    const own = await stranger.addAccountExplicitly({ type: 'com.own', name: 'mine' })
    let reads = 0
    const flips = {
      ...own,
      get id() {
        return reads++ === 0 ? own.id : theirs.id
      },
    }
    await stranger.removeAccountExplicitly(flips)
    await owner.flush()
    expect(await owner.getAccount(theirs.id)).toEqual(theirs)
  })
})

describe('an authenticator', () => {
  it('is what it was when it was registered, whatever its description becomes', async () => {
    const authenticator = createFakeAuthenticator({ tokenTypes: { t: {} } })
    const manager = await openManager({ authenticators: [authenticator] })
    const [description] = manager.getAuthenticatorTypes()
    expect(() => Object.assign(description ?? {}, { type: 'evil' })).toThrow(TypeError)
    Object.assign(authenticator.description, { type: 'evil', tokenTypes: {} })
    const account = await manager.addAccount(TYPE)
    expect(account.type).toBe(TYPE)
    expect((await manager.getAuthToken(account, 't')).authTokenType).toBe('t')
  })

  it('of a type is the same in every Unicode form', async () => {
    const [composed, decomposed] = ['com.caf\u00e9', 'com.cafe\u0301']
    const manager = await openManager({ authenticators: [createFakeAuthenticator({ type: decomposed })] })
    expect(() => manager.registerAuthenticator(createFakeAuthenticator({ type: decomposed }))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTHENTICATOR_EXISTS' }),
    )
    const account = await manager.addAccount(decomposed)
    expect(account.type).toBe(composed)
    expect([await manager.getAccountsByType(decomposed), await manager.findAccount(decomposed, account.name)]).toEqual([
      [account],
      account,
    ])
    manager.unregisterAuthenticator(decomposed)
    expect(manager.getAuthenticatorTypes()).toEqual([])
  })
})

describe('events', () => {
  it('cannot be changed by who hears them first, and are not heard by who was taken off meanwhile', async () => {
    const manager = await openManager()
    const heard: unknown[] = []
    const second = (event: { revision: number }) => heard.push(event.revision > 0)
    manager.on('account:added', (event) => {
      expect(() => Object.assign(event, { revision: -1 })).toThrow(TypeError)
      manager.off('account:removed', third)
    })
    manager.on('account:added', second)
    const third = () => heard.push('third')
    manager.on('account:removed', () => manager.off('account:removed', third))
    manager.on('account:removed', third)
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await manager.removeAccountExplicitly(account)
    expect(heard).toEqual([true])
  })

  it('of a renewal carry the name that the account has by then', async () => {
    const authenticator = createFakeAuthenticator()
    const manager = await openManager({ authenticators: [authenticator] })
    const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    const names: string[] = []
    manager.on('token:refreshed', (event) => names.push(event.account.name))
    authenticator.hold('getAuthToken')
    const token = manager.getAuthToken(account, 't')
    await authenticator.whenCalled('getAuthToken')
    await manager.renameAccount(account, 'ben')
    authenticator.release()
    await token
    expect(names).toEqual(['ben'])
  })

  it('reach everybody although the logger throws, and the change stands', async () => {
    const boom = () => {
      throw new Error('logger')
    }
    const manager = await openManager({ logger: { debug: boom, info: boom, warn: boom, error: boom } })
    const heard: string[] = []
    manager.on('account:added', boom)
    manager.on('account:added', (() => Promise.reject(new Error('later'))) as never)
    manager.on('account:added', ({ account }) => heard.push(account.name))
    await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    expect(heard).toEqual(['ana'])
  })
})

describe('closing', () => {
  it.each<[string, (manager: AccountManager, id: string) => Promise<unknown>]>([
    ['hasFeatures', (manager, id) => manager.hasFeatures(id, ['f'])],
    ['isCredentialsUpdateSuggested', (manager, id) => manager.isCredentialsUpdateSuggested(id, 's')],
    ['startAddAccountSession', (manager) => manager.startAddAccountSession(TYPE)],
    ['startUpdateCredentialsSession', (manager, id) => manager.startUpdateCredentialsSession(id)],
  ])('ends a %s that nobody answers', async (method, call) => {
    const authenticator = createFakeAuthenticator({ canStartSessions: true, features: ['f'] })
    const manager = await openManager({ authenticators: [authenticator], clock: createFakeClock() })
    const { id } = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    authenticator.always(method as 'hasFeatures', (() => new Promise(() => undefined)) as never)
    const waiting = failureOf(call(manager, id))
    await authenticator.whenCalled(method as 'hasFeatures')
    await manager.close()
    expect(await waiting).toMatchObject({ code: 'ERR_CLOSED' })
  })
})
