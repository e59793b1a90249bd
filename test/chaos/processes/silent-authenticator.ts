import type { Authenticator } from '@accountry/accounts'

/** An authenticator that is never asked: these processes only store. */
export function silentAuthenticator(): Authenticator {
  return {
    description: { type: 'com.example', label: 'Example' },
    addAccount: () => Promise.reject(new Error('not asked for')),
    getAuthToken: () => Promise.reject(new Error('not asked for')),
  }
}
