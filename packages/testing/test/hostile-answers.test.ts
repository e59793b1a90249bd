import { describe, expect, it } from 'vitest'
import {
  answersChanging,
  answersCyclic,
  answersHuge,
  answersThrowingGetters,
  answersTwice,
  createFakeAuthenticator,
  neverAnswers,
} from '../src/index.ts'
import { add, contextWith, getToken } from './support/fake-calls.ts'

describe('hostile answers', () => {
  const answered = async (answer: () => unknown): Promise<unknown> => {
    const authenticator = createFakeAuthenticator()
    authenticator.next('addAccount', answer)
    return await add(authenticator)
  }

  it('never answer, whatever the signal says', async () => {
    const authenticator = createFakeAuthenticator()
    authenticator.next('getAuthToken', neverAnswers)
    const call = getToken(authenticator, contextWith({ signal: AbortSignal.abort() }))
    const settled = await Promise.race([call, new Promise((resolve) => setImmediate(resolve, 'not settled'))])
    expect(settled).toBe('not settled')
  })

  it('answer twice, where the first counts', async () => {
    expect(await answered(answersTwice({ name: 'first' }, { name: 'second' }))).toEqual({ name: 'first' })
  })

  it('contain themselves, are huge, throw when read, or change', async () => {
    const cyclic = (await answered(answersCyclic({ name: 'ana' }))) as { name: string; self: unknown }
    expect([cyclic.name, cyclic.self]).toEqual(['ana', cyclic])
    expect(await answered(answersHuge(['name'], 5))).toEqual({ name: 'xxxxx' })
    const throwing = (await answered(answersThrowingGetters(['name']))) as { name: string }
    expect(() => throwing.name).toThrow('read me not')
    const changing = (await answered(answersChanging('name', ['ana', 'ben']))) as { name: string }
    expect([changing.name, changing.name, changing.name]).toEqual(['ana', 'ben', 'ben'])
  })
})
