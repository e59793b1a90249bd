import type { CredentialContext, CredentialUpdate } from '@accountry/accounts'
import { createFakeClock, type FakeAuthenticator } from '../../src/index.ts'

export const account = { id: 'id-1', type: 'com.example', name: 'ana@example.com' }
export const start = Date.UTC(2026, 0, 1)

/** What an authenticator is called with, and the updates of the credential that it made. */
export function contextWith(
  options: Partial<CredentialContext> = {},
): CredentialContext & { updates: CredentialUpdate[] } {
  const updates: CredentialUpdate[] = []
  return {
    updates,
    principal: 'com.example.app',
    signal: new AbortController().signal,
    clock: createFakeClock(start),
    fetch: () => Promise.reject(new Error('the fake needs no network')),
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    credential: { password: 'refresh-0', userData: {}, fields: {} },
    async replaceCredential(update) {
      updates.push(update)
      return { durable: true }
    },
    ...options,
  }
}

export function add(
  authenticator: FakeAuthenticator,
  name?: string,
  authTokenType?: string,
): ReturnType<FakeAuthenticator['addAccount']> {
  return authenticator.addAccount({ name, authTokenType, requiredFeatures: [], options: {} }, contextWith())
}

export function getToken(
  authenticator: FakeAuthenticator,
  context: CredentialContext = contextWith(),
): ReturnType<FakeAuthenticator['getAuthToken']> {
  return authenticator.getAuthToken({ account, authTokenType: 'tasks', options: {} }, context)
}
