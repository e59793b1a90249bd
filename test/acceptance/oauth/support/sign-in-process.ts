import { AccountManager } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { connectToTest } from '@accountry/testing'
import { exampleAuthenticator, type VaultPlace } from '../../../e2e/support/example-vault.ts'

/** What the test sends: where the vault is, and afterwards that the browser has come back. */
export interface SignInJob {
  readonly place: VaultPlace
}

/** What the process says: which page the browser has to open. */
export interface PageToOpen {
  readonly open: string
}

/** Signs in and dies when the code has been redeemed and nothing is stored yet. */
async function main(): Promise<void> {
  const test = connectToTest<SignInJob, PageToOpen>()
  const { place } = await test.next()
  const manager = await AccountManager.open({
    app: { id: 'com.example.agent' },
    directory: place.directory,
    keyProvider: fileKey({ path: place.keyFile }),
    authenticators: [exampleAuthenticator(place)],
    interaction: { openBrowser: ({ url }) => test.send({ open: url.href }) },
    fetch: dyingAfterCode,
  })
  await manager.addAccount('com.example')
}

const dyingAfterCode: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  if (String(init?.body).includes('grant_type=authorization_code')) process.kill(process.pid, 'SIGKILL')
  return response
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exitCode = 1
})
