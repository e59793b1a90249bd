import { AccountManager } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { connectToTest } from '@accountry/testing'
import type { RenewJob } from './renew-process.ts'

/** Gets a token that ends soon in a manager that renews ahead, and closes nothing. */
async function main(): Promise<void> {
  const test = connectToTest<RenewJob, { readonly value: string }>()
  const { directory, keyFile, tokenEndpoint, refreshToken } = await test.next()
  const { origin } = new URL(tokenEndpoint)
  const manager = await AccountManager.open({
    app: { id: 'com.example.agent' },
    directory,
    keyProvider: fileKey({ path: keyFile }),
    background: true,
    authenticators: [
      createOAuthAuthenticator({
        type: 'com.example',
        label: 'Example',
        metadata: { issuer: origin, token_endpoint: tokenEndpoint },
        clientId: 'desktop',
      }),
    ],
  })
  manager.on('token:refreshed', () => undefined)
  const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: refreshToken })
  const { value } = await manager.getAuthToken(account, 'notes')
  await test.send({ value: value.slice(0, 4) })
  test.close()
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
})
