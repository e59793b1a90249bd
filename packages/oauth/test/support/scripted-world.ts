import type { AccountManager } from '@accountry/accounts'
import { createOAuthAuthenticator, type OAuthAuthenticatorOptions } from '@accountry/oauth'
import { createFakeClock, type FakeClock, openTestManager, type TestManager } from '@accountry/testing'
import { obedientBrowser, type ScriptedAnswer, type ScriptedServer, startScriptedServer } from '../scripted-server.ts'

/** A manager with an authenticator for a server that says what a test tells it to. */
export interface ScriptedWorld extends AsyncDisposable {
  readonly server: ScriptedServer
  readonly clock: FakeClock
  readonly manager: AccountManager
  readonly tests: TestManager
  /** What the token endpoint was sent. */
  tokenRequests(): URLSearchParams[]
}

/** Opens one. The server knows no ID tokens unless the metadata says so. */
export async function openScriptedWorld(
  options: Partial<OAuthAuthenticatorOptions>,
  answers: readonly ScriptedAnswer[],
): Promise<ScriptedWorld> {
  const server = await startScriptedServer()
  const clock = createFakeClock(Date.now())
  server.script('/token', ...answers)
  const authenticator = createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    issuer: server.issuer,
    clientId: server.clientId,
    signInScopes: [],
    ...options,
  })
  const tests = await openTestManager({
    clock,
    authenticators: [authenticator],
    interaction: obedientBrowser(server),
  })
  return {
    server,
    clock,
    tests,
    manager: tests.manager,
    tokenRequests: () => server.requestsTo('/token').map(({ body }) => body),
    async [Symbol.asyncDispose]() {
      await tests.close()
      await server[Symbol.asyncDispose]()
    },
  }
}
