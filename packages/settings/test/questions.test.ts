import { type AuthenticatorContext, type InteractionHandler, SecretInput } from '@accountry/accounts'
import { passphraseKey } from '@accountry/keychain'
import { createPageInteraction, openSettingsPage } from '@accountry/settings'
import { createFakeInteraction, openTestManager } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import type { Overview, QuestionView } from '../src/model.ts'
import { EventReader } from './support/event-reader.ts'
import { Visitor } from './support/http-client.ts'
import { until } from './support/until.ts'
import { openWorld, type World } from './support/world.ts'

type Ask = (interaction: InteractionHandler, context: AuthenticatorContext) => Promise<unknown>

/** What the authenticator does when it signs in. */
async function worldThatAsks(ask: Ask): Promise<World> {
  const world = await openWorld()
  world.world.authenticator.always('addAccount', async (_request, context) => {
    if (context.interaction === undefined) throw new TypeError('nobody to ask')
    const answer = await ask(context.interaction, context)
    return { name: String(answer), password: 'a password' }
  })
  return world
}

async function questionFor(visitor: Visitor): Promise<QuestionView> {
  const { questions } = await until(
    () => visitor.read<Overview>('api/overview'),
    (overview) => overview.questions.length > 0,
  )
  return questions[0] as QuestionView
}

async function ended(visitor: Visitor): Promise<Overview['activities'][number]> {
  const { activities } = await until(
    () => visitor.read<Overview>('api/overview'),
    (overview) => overview.activities.every(({ state }) => state !== 'running'),
  )
  return activities.at(-1) as Overview['activities'][number]
}

describe('what a sign-in asks for appears in the page', () => {
  it('as a form, whose answers come back once and are never shown', async () => {
    await using world = await worldThatAsks(async (interaction, { signal }) => {
      const fields = [
        { name: 'user', label: 'User name', value: 'ana', required: true },
        { name: 'key', label: 'Key', secret: true, value: 'never shown', required: true },
      ]
      const answers = await interaction.promptCredentials?.({ fields, signal })
      expect(answers?.['key']).toBeInstanceOf(SecretInput)
      return `${answers?.['user']?.consume()}+${answers?.['key']?.consume()}`
    })
    const visitor = await world.visit()
    await visitor.post('add-account', { type: 'com.example' })
    const question = await questionFor(visitor)
    expect(question).toMatchObject({
      kind: 'form',
      activity: expect.any(String),
      fields: [
        { name: 'user', label: 'User name', secret: false, required: true, value: 'ana' },
        { name: 'key', label: 'Key', secret: true, required: true },
      ],
    })
    expect(JSON.stringify(question)).not.toContain('never shown')
    const missing = await visitor.post('answer', { question: question.id, values: { user: 'ana' } })
    expect({ status: missing.status, body: missing.body }).toMatchObject({
      status: 400,
      body: expect.stringContaining('Please fill in Key'),
    })
    const answer = await visitor.post('answer', { question: question.id, values: { user: 'ana', key: 'k3y' } })
    expect(answer.body).toBe('{}')
    expect(await ended(visitor)).toMatchObject({ state: 'done' })
    expect(await world.world.manager.getAccounts()).toMatchObject([{ name: 'ana+k3y' }])
    expect((await visitor.post('answer', { question: question.id, values: {} })).status).toBe(404)
  })

  it('as a link to the service, until the sign-in ends', async () => {
    const came = Promise.withResolvers<string>()
    await using world = await worldThatAsks(async (interaction, { signal }) => {
      const done = new AbortController()
      const url = new URL('https://login.example/authorize?state=1')
      await interaction.openBrowser?.({ url, signal: AbortSignal.any([signal, done.signal]) })
      const name = await came.promise
      done.abort()
      return name
    })
    const visitor = await world.visit()
    await visitor.post('add-account', { type: 'com.example' })
    expect(await questionFor(visitor)).toMatchObject({
      kind: 'browser',
      url: 'https://login.example/authorize?state=1',
      host: 'login.example',
      isOpened: false,
    })
    came.resolve('ana')
    await ended(visitor)
    expect((await visitor.read<Overview>('api/overview')).questions).toEqual([])
  })

  it('as a device code', async () => {
    await using world = await worldThatAsks(async (interaction, { signal }) => {
      await interaction.showDeviceCode?.({
        userCode: 'WDJB-\u202EMJHT',
        verificationUri: 'https://login.example/device',
        expiresAt: 1,
        signal,
      })
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      return ''
    })
    const visitor = await world.visit()
    await visitor.post('add-account', { type: 'com.example' })
    const question = await questionFor(visitor)
    expect(question).toMatchObject({ kind: 'device-code', userCode: 'WDJB-\\u{202e}MJHT', expiresAt: 1 })
    await visitor.post('cancel', { activity: question.activity })
    expect(await ended(visitor)).toMatchObject({ state: 'canceled', error: { code: 'ERR_ABORTED' } })
    expect((await visitor.read<Overview>('api/overview')).questions).toEqual([])
  })

  it('as a choice among accounts, and only of those', async () => {
    const candidates = [
      { id: 'one', type: 'com.example', name: 'ana' },
      { id: 'two', type: 'com.example', name: 'ben' },
    ]
    await using world = await worldThatAsks(
      async (interaction, { signal }) => (await interaction.chooseAccount?.({ candidates, signal }))?.name,
    )
    const visitor = await world.visit()
    await visitor.post('add-account', { type: 'com.example' })
    const question = await questionFor(visitor)
    expect(question).toMatchObject({ kind: 'choice', candidates })
    expect((await visitor.post('answer', { question: question.id, account: 'three' })).status).toBe(400)
    expect((await visitor.post('answer', { question: question.id, account: 'two' })).status).toBe(200)
    await ended(visitor)
    expect(await world.world.manager.getAccounts()).toMatchObject([{ name: 'ben' }])
  })

  it('as a question of another app, which is answered with yes or no', async () => {
    await using world = await openWorld()
    const { manager } = world.world
    const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'p' })
    await manager.setAuthToken(account, 'tasks', { value: 'a token of the account' })
    await manager.setAccountVisibility(account, 'org.other', 'visible')
    const visitor = await world.visit()
    await using _events = await EventReader.open(visitor)
    const other = await world.world.another({ app: { id: 'org.other' }, interaction: world.interaction })
    const token = other.getAuthToken(account, 'tasks', { interaction: 'allow' })
    const question = await questionFor(visitor)
    expect(question).toEqual({
      id: expect.any(String),
      kind: 'grant',
      principal: 'org.other',
      accountName: 'ana',
      label: 'tasks',
    })
    expect((await visitor.post('answer', { question: question.id })).status).toBe(400)
    await visitor.post('answer', { question: question.id, allowed: true })
    expect((await token).authTokenType).toBe('tasks')
  })

  it('as the passphrase of a vault that is locked', async () => {
    const interaction = createPageInteraction({
      fallback: createFakeInteraction({ credentials: { passphrase: 'correct horse battery' } }),
    })
    const keyProvider = passphraseKey({ prompt: interaction.promptPassphrase })
    await using world = await openTestManager({ interaction, keyProvider })
    await world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: 'p' })
    world.manager.lock()
    await using page = await openSettingsPage({ accounts: world.manager, interaction })
    const visitor = await Visitor.enter(page.url)
    await visitor.post('unlock', {})
    const first = await questionFor(visitor)
    expect(first).toMatchObject({ kind: 'passphrase', attempt: 1, create: false })
    await visitor.post('answer', { question: first.id, values: { passphrase: 'wrong' } })
    const second = await until(
      () => questionFor(visitor),
      ({ id }) => id !== first.id,
    )
    expect(second).toMatchObject({ kind: 'passphrase', attempt: 2 })
    await visitor.post('answer', { question: second.id, values: { passphrase: 'correct horse battery' } })
    expect(await ended(visitor)).toMatchObject({ state: 'done', result: 'unlocked' })
  })
})

describe('when no browser shows the page', () => {
  it('the fallback is asked', async () => {
    const fallback = createFakeInteraction()
    const interaction = createPageInteraction({ fallback })
    await using world = await openTestManager({ interaction })
    await using _page = await openSettingsPage({ accounts: world.manager, interaction })
    world.authenticator.next('addAccount', async (_request, { interaction: person, signal }) => {
      await person?.openBrowser?.({ url: new URL('https://login.example/'), signal })
      return { name: 'ana', password: 'p' }
    })
    await world.manager.addAccount('com.example')
    expect(fallback.requests).toMatchObject([{ method: 'openBrowser' }])
  })

  it('and there is no fallback, the person is missing', async () => {
    await using world = await worldThatAsks(
      (interaction, { signal }) => interaction.promptCredentials?.({ fields: [], signal }) ?? Promise.resolve(),
    )
    await expect(world.world.manager.addAccount('com.example')).rejects.toMatchObject({
      code: 'ERR_INTERACTION_REQUIRED',
    })
  })

  it('the host opens URLs, and the page shows the link as well', async () => {
    const opened: string[] = []
    const interaction = createPageInteraction({ openUrl: async (url) => void opened.push(url.href) })
    await using world = await openTestManager({ interaction })
    await using page = await openSettingsPage({ accounts: world.manager, interaction })
    const visitor = await Visitor.enter(page.url)
    world.authenticator.next('addAccount', async (_request, { interaction: person, signal }) => {
      await person?.openBrowser?.({ url: new URL('https://login.example/'), signal })
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      throw signal.reason
    })
    await visitor.post('add-account', { type: 'com.example' })
    expect(await questionFor(visitor)).toMatchObject({ kind: 'browser', isOpened: true })
    expect(opened).toEqual(['https://login.example/'])
  })
})

describe('closing the page', () => {
  it('cancels what it waits for', async () => {
    await using world = await worldThatAsks(async (interaction, { signal }) =>
      interaction.promptCredentials?.({ fields: [{ name: 'key', label: 'Key' }], signal }),
    )
    const visitor = await world.visit()
    await visitor.post('add-account', { type: 'com.example' })
    await questionFor(visitor)
    await world.page.close()
    expect(await world.world.manager.getAccounts()).toEqual([])
    await world.world.manager.close()
  })
})
