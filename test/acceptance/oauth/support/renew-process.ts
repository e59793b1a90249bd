import { AccountManager, isAccountError } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { createOAuthAuthenticator } from '@accountry/oauth'
import { connectToTest } from '@accountry/testing'

export interface RenewJob {
  readonly directory: string
  readonly keyFile: string
  readonly tokenEndpoint: string
  readonly refreshToken: string
}

/** How one renewal ended, and what is stored afterwards. */
export interface Renewal {
  readonly outcome: string
  readonly state: string
  readonly isStored: boolean
}

/** Renews a token in a process of its own, whose environment says how the network is reached. */
async function main(): Promise<void> {
  const test = connectToTest<RenewJob, Renewal>()
  const { directory, keyFile, tokenEndpoint, refreshToken } = await test.next()
  const { origin } = new URL(tokenEndpoint)
  const authenticator = createOAuthAuthenticator({
    type: 'com.example',
    label: 'Example',
    metadata: { issuer: origin, token_endpoint: tokenEndpoint },
    clientId: 'desktop',
  })
  const manager = await AccountManager.open({
    app: { id: 'com.example.agent' },
    directory,
    keyProvider: fileKey({ path: keyFile }),
    authenticators: [authenticator],
  })
  const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'ana' }, { password: refreshToken })
  const outcome = await manager.getAuthToken(account, 'notes').then(
    () => 'token',
    (error: unknown) => (isAccountError(error) ? `${error.code} ${error.reason ?? ''}`.trim() : String(error)),
  )
  const { state } = await manager.getAccountInfo(account)
  await test.send({ outcome, state, isStored: (await manager.getPassword(account)) === refreshToken })
  await manager.close()
  test.close()
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
})
