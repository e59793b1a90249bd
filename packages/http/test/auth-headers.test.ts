import { createAuthorizedFetch, getAuthHeaders } from '@accountry/http'
import { describe, expect, test } from 'vitest'
import { ana, FakeManager } from './support/fake-manager.ts'

const base = { account: ana, authTokenType: 'api', environment: {} }

describe('getAuthHeaders', () => {
  test('gives the headers for another client and when they end', async () => {
    const manager = new FakeManager('https://api.example.com')
    const result = await getAuthHeaders('https://api.example.com/a', { ...base, manager, method: 'post' })
    expect(result).toEqual({ headers: { authorization: 'Bearer secret-1' }, expiresAt: 1_900_000_000_000 })
    expect(manager.signed).toEqual([{ method: 'POST', url: 'https://api.example.com/a', nonce: undefined }])
  })

  test('stands beside an authorised fetch with the same rules', async () => {
    const manager = new FakeManager('https://api.example.com')
    const send = createAuthorizedFetch({ ...base, manager })
    expect((await send.getAuthHeaders(new URL('https://api.example.com/'))).headers).toHaveProperty('authorization')
    await expect(send.getAuthHeaders('https://other.example/')).rejects.toMatchObject({
      code: 'ERR_ORIGIN_NOT_ALLOWED',
    })
  })

  test.each(['http://api.example.com/', 'https://api.example.com:8443/', 'https://sub.api.example.com/'])(
    'refuses %s and gets no token for it',
    async (url) => {
      const manager = new FakeManager('https://api.example.com')
      await expect(getAuthHeaders(url, { ...base, manager })).rejects.toMatchObject({ code: 'ERR_ORIGIN_NOT_ALLOWED' })
      expect(manager.asked).toEqual([])
    },
  )

  test('refuses what is no URL', async () => {
    const manager = new FakeManager('https://api.example.com')
    await expect(getAuthHeaders('/relative', { ...base, manager })).rejects.toThrow(TypeError)
  })
})
