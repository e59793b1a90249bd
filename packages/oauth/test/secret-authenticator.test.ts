import { AccountError, AuthToken, type NewAccount, SecretInput } from '@accountry/accounts'
import { createSecretAuthenticator, type SecretAuthenticatorOptions } from '@accountry/oauth'
import { createFakeClock } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { errorOf, expectNoSecret, testContext, testCredential } from './context.ts'
import { startScriptedServer } from './scripted-server.ts'

const fields = [
  { name: 'name', label: 'Name' },
  { name: 'key', label: 'API key', secret: true },
]
const request = { requiredFeatures: [], options: {} }
const account = { id: 'a1', type: 'com.example.key', name: 'ana' }

function authenticator(options: Partial<SecretAuthenticatorOptions> = {}) {
  return createSecretAuthenticator({ type: 'com.example.key', label: 'Example', fields, ...options })
}

const answering = (values: Record<string, string>) => ({
  promptCredentials: async () =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new SecretInput(value)])),
})

describe('an authenticator for secrets', () => {
  it('keeps what was typed and hands it out as it is', async () => {
    const interaction = answering({ name: ' ana ', key: 'the-key' })
    const created = await authenticator().addAccount(request, testContext({ interaction }))
    expect(created).toMatchObject({ name: 'ana', password: 'the-key' })
    const { context } = testCredential({ password: 'the-key' })
    const token = await authenticator().getAuthToken({ account, authTokenType: 'api', options: {} }, context)
    expect(token).toEqual({ value: 'the-key', scheme: 'Bearer' })
  })

  it('says that its password is the token, and whether it is the person’s own', () => {
    expect(authenticator().description.capabilities).toEqual({ passwordIsToken: true })
    expect(authenticator({ persist: 'password' }).description.capabilities).toEqual({
      passwordIsToken: true,
      storesPassword: true,
    })
  })

  it('gives the exchange a fetch that reaches the declared origins only (PW-03)', async () => {
    const server = await startScriptedServer()
    server.script('/login', { body: { token: 'limited' } })
    server.script('/moved', { status: 307, headers: { location: 'https://evil.example' } })
    const reached: string[] = []
    const exchange: SecretAuthenticatorOptions['exchange'] = async ({ key }, { fetch: send }) => {
      const body = key?.consume() ?? ''
      for (const url of ['https://evil.example/', 'http://as.example/', `${server.issuer}/moved`]) {
        await send(url, { method: 'POST', body }).catch((error: AccountError) => reached.push(error.code))
      }
      const answer = await send(`${server.issuer}/login`, { method: 'POST', body })
      const { token } = (await answer.json()) as { token: string }
      return { name: 'ana', secret: token, subject: '7', expiresAt: 5_000 }
    }
    const own = authenticator({ exchange, origins: [server.issuer] })
    const created = await own.addAccount(request, testContext({ interaction: answering({ name: 'a', key: 'pw' }) }))
    expect(created).toMatchObject({ password: 'limited', subject: '7', fields: { passwordExpiresAt: '5000' } })
    expect(reached).toEqual(['ERR_ORIGIN_NOT_ALLOWED', 'ERR_ORIGIN_NOT_ALLOWED', 'ERR_SERVER'])
    await server[Symbol.asyncDispose]()
  })

  it('passes on that the service refuses what was typed', async () => {
    const exchange = async () => {
      throw new AccountError('ERR_BAD_CREDENTIALS', 'Example: wrong key')
    }
    const interaction = answering({ name: 'a', key: 'wrong' })
    expect((await errorOf(authenticator({ exchange }).addAccount(request, testContext({ interaction })))).code).toBe(
      'ERR_BAD_CREDENTIALS',
    )
  })

  it.each([
    ['nothing', ''],
    ['a line break', 'a\r\nX-Evil: 1'],
  ])('refuses a secret with %s', async (_name, key) => {
    const interaction = answering({ name: 'a', key })
    const error = await errorOf(authenticator().addAccount(request, testContext({ interaction })))
    expect(error.code).toBe('ERR_BAD_CREDENTIALS')
    expectNoSecret(error, ['X-Evil'])
  })

  it('needs somebody who can be asked', async () => {
    expect((await errorOf(authenticator().addAccount(request, testContext()))).code).toBe('ERR_INTERACTION_REQUIRED')
  })

  it('says when the secret is gone or has run out', async () => {
    const ask = { account, authTokenType: 'api', options: {} }
    const nothing = testCredential({})
    const over = testCredential({ password: 'x', fields: { passwordExpiresAt: '5' } })
    const reasons = []
    for (const { context } of [nothing, over]) {
      reasons.push(
        (await authenticator()
          .getAuthToken(ask, context)
          .catch((error: AccountError) => error.reason)) as string,
      )
    }
    expect(reasons).toEqual(['no_credential', 'expired'])
  })

  it('sends the name and the secret for Basic', async () => {
    const { context } = testCredential({ password: 'pw' })
    const token = await authenticator({ scheme: 'Basic' }).getAuthToken(
      { account, authTokenType: 'x', options: {} },
      context,
    )
    expect(token).toEqual({ value: Buffer.from('ana:pw').toString('base64'), scheme: 'Basic' })
  })

  it('sends for Basic the name that the service knows, whatever the account is called by now', async () => {
    const own = authenticator({ scheme: 'Basic' })
    const added = await own.addAccount(request, testContext({ interaction: answering({ name: 'ana', key: 'pw' }) }))
    const renamed = { ...account, name: 'work' }
    const sent = async ({ password, fields = {} }: NewAccount) => {
      const { context } = testCredential({ password, fields })
      const token = await own.getAuthToken({ account: renamed, authTokenType: 'x', options: {} }, context)
      return Buffer.from(token.value, 'base64').toString()
    }
    expect(await sent(added)).toBe('ana:pw')
    const interaction = answering({ name: '', key: 'new' })
    const stored = testCredential({ password: 'pw', fields: added.fields ?? {} }, { interaction })
    const again = await own.updateCredentials!({ account: renamed, options: {} }, stored.context)
    expect(again.name).toBe('work')
    expect(await sent(again)).toBe('ana:new')
  })

  it('makes every wrong password wait longer than the one before (PW-04)', async () => {
    const clock = createFakeClock()
    const own = authenticator()
    const { context } = testCredential({ password: 'right' }, { clock })
    const confirm = (password: string) => own.confirmCredentials!({ account, password }, context)
    expect(await confirm('wrong')).toBe(false)
    expect(await errorOf(confirm('right'))).toMatchObject({ code: 'ERR_THROTTLED', retryAt: clock.now() + 1_000 })
    await clock.advance(1_000)
    expect(await confirm('wrong')).toBe(false)
    await clock.advance(1_999)
    expect((await errorOf(confirm('right'))).code).toBe('ERR_THROTTLED')
    await clock.advance(1)
    expect(await confirm('right')).toBe(true)
    expect(await confirm('right')).toBe(true)
  })

  it('never makes anybody wait longer than five minutes', async () => {
    const clock = createFakeClock()
    const own = authenticator()
    const { context } = testCredential({ password: 'right' }, { clock })
    for (let count = 0; count < 12; count += 1) {
      await own.confirmCredentials!({ account, password: 'wrong' }, context)
      await clock.advance(300_000)
    }
    expect(await own.confirmCredentials!({ account, password: 'right' }, context)).toBe(true)
  })

  it.each([
    [{ fields: [] }, /at least one field/],
    [{ fields: [{ name: 'a', label: 'A' }] }, /secret field/],
    [{ origins: ['https://api.example/path'] }, /origins/],
    [{ persist: 'everything' }, /persist/],
    [{ scheme: 'A\r\nB' }, /scheme must be the name/],
    [
      {
        fields: [
          { name: 'a', label: 'A', secret: true },
          { name: 'a', label: 'B' },
        ],
      },
      /fields\[1\]\.name is that of another field/,
    ],
  ])('refuses the options %j', (change, message) => {
    expect(() => authenticator(change as never)).toThrow(message)
  })

  it('is data when it has no code of its own, so that the command can serve it', () => {
    expect(authenticator().configuration).toMatchObject({ kind: 'secret' })
    expect(authenticator({ exchange: async () => ({ name: 'a', secret: 'b' }) }).configuration).toBeUndefined()
  })

  it('prints no token', () => {
    const token = new AuthToken({ value: 'the-key', authTokenType: 'api', account })
    expectNoSecret(token, ['the-key'])
  })
})
