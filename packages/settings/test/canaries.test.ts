import { AccountError } from '@accountry/accounts'
import { createCanaries, createFakeSyncAdapter, startAuthorizationServer } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import type { Overview } from '../src/model.ts'
import { EventReader } from './support/event-reader.ts'
import { send, type Visitor } from './support/http-client.ts'
import { until } from './support/until.ts'
import { exampleAuthenticator, openWorld } from './support/world.ts'

/** Keeps every answer. */
function recorded(visitor: Visitor, transcript: string[]): Pick<Visitor, 'get' | 'post'> {
  const note = async (answer: Awaited<ReturnType<Visitor['get']>>): Promise<typeof answer> => {
    transcript.push(JSON.stringify(answer.headers), answer.body)
    return answer
  }
  return {
    get: async (...request) => note(await visitor.get(...request)),
    post: async (...request) => note(await visitor.post(...request)),
  }
}

describe('no answer of the page holds a secret', () => {
  it('of an account: password, tokens, client secret, what was typed, what an error wanted to say', async () => {
    const canaries = createCanaries()
    const adapter = createFakeSyncAdapter({
      isAlwaysSyncable: true,
      always: async ({ getAuthToken }) => {
        const { value } = await getAuthToken('tasks')
        expect(value).toBe(canaries.canary('access token'))
      },
    })
    await using world = await openWorld({ adapters: [adapter] })
    const { manager, authenticator } = world.world
    const visitor = await world.visit()
    await using events = await EventReader.open(visitor)
    const transcript: string[] = []
    const { get, post } = recorded(visitor, transcript)
    const account = await manager.addAccountExplicitly(
      { type: 'com.example', name: 'ana' },
      {
        password: canaries.canary('password'),
        tokens: { tasks: { value: canaries.canary('access token'), expiresAt: Date.now() + 3_600_000 } },
        userData: { note: canaries.canary('user data') },
      },
    )
    authenticator.always('addAccount', async (_request, { interaction, signal }) => {
      const fields = [{ name: 'key', label: 'Key', secret: true, value: canaries.canary('default of a secret field') }]
      const answers = await interaction?.promptCredentials?.({ fields, signal })
      throw new AccountError('ERR_BAD_CREDENTIALS', 'the service refused the key', {
        cause: new Error(answers?.['key']?.consume()),
      })
    })
    world.sync.start()
    await post('add-account', { type: 'com.example' })
    const { questions } = await until(
      async () => JSON.parse((await get('api/overview')).body) as Overview,
      (overview) => overview.questions.length > 0,
    )
    await post('answer', { question: questions[0]?.id, values: { key: canaries.canary('typed') } })
    await post('rename', { account: account.id, name: '' })
    await post('sync-now', { account: account.id })
    await world.sync.whenIdle()
    const wrong = await send(new URL('api/answer', visitor.base), {
      method: 'POST',
      headers: { Cookie: visitor.cookie, Origin: visitor.origin, 'Content-Type': 'application/json' },
      body: `{"values": {"key": "${canaries.canary('in broken JSON')}"`,
    })
    transcript.push(wrong.body)
    authenticator.always('addAccount', () => {
      throw new Error(canaries.canary('in a foreign error'))
    })
    await post('add-account', { type: 'com.example' })
    await until(
      async () => JSON.parse((await get('api/overview')).body) as Overview,
      ({ activities }) => activities.every(({ state }) => state !== 'running'),
    )
    for (const path of [
      '',
      'api/overview',
      `api/account?id=${account.id}`,
      'page.js',
      'page.css',
      'type-icon?type=x',
    ]) {
      await get(path)
    }
    transcript.push(events.transcript)
    expect(transcript.length).toBeGreaterThan(20)
    await canaries.expectNoCanary({ texts: transcript })
    expect(adapter.runs).toHaveLength(1)
  })

  it('of a real sign-in: refresh token, access token, ID token, code', async () => {
    await using server = await startAuthorizationServer()
    const canaries = createCanaries()
    await using world = await openWorld({
      manager: {
        authenticators: [exampleAuthenticator(server)],
        // What comes from the token endpoint passes here.
        fetch: async (...request) => {
          const response = await fetch(...request)
          const text = await response.clone().text()
          for (const [, name = '', value = ''] of text.matchAll(/"(access_token|refresh_token|id_token)":"([^"]+)"/g)) {
            canaries.adopt(name, value)
          }
          return response
        },
      },
    })
    const visitor = await world.visit()
    await using events = await EventReader.open(visitor)
    const transcript: string[] = []
    const { get, post } = recorded(visitor, transcript)
    await post('add-account', { type: 'com.example' })
    const { questions } = await until(
      async () => JSON.parse((await get('api/overview')).body) as Overview,
      (overview) => overview.questions.length > 0,
    )
    const [question] = questions
    if (question?.kind !== 'browser') throw new Error('no link')
    await fetch(await server.signIn(question.url))
    await until(
      async () => JSON.parse((await get('api/overview')).body) as Overview,
      ({ activities }) => activities.every(({ state }) => state !== 'running'),
    )
    const [account] = await world.world.manager.getAccounts()
    expect(account?.name).toBe('ana@example.com')
    await get(`api/account?id=${account?.id}`)
    canaries.adopt('password', (await world.world.manager.getPassword(account?.id ?? '')) ?? '')
    transcript.push(events.transcript)
    await canaries.expectNoCanary({ texts: transcript })
  })
})
