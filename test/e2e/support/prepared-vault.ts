import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account, AccountManager } from '@accountry/accounts'
import type { AuthorizationServer } from '@accountry/testing'
import { openExampleVault, type VaultPlace } from './example-vault.ts'

/** A vault with one account, whose access token has ended and whose refresh token works. */
export interface PreparedVault extends AsyncDisposable {
  readonly place: VaultPlace
  readonly account: Account
  /** Opens it in this process. */
  open(): Promise<AccountManager>
}

export async function prepareVault(server: AuthorizationServer): Promise<PreparedVault> {
  const { issuer, clientId } = server
  const base = await mkdtemp(join(tmpdir(), 'accountry-e2e-'))
  await mkdir(join(base, 'keys'), { mode: 0o700 })
  const place = { directory: join(base, 'vault'), keyFile: join(base, 'keys', 'key'), issuer, clientId }
  await using manager = await openExampleVault(place)
  const account = await manager.addAccountExplicitly(
    { type: 'com.example', name: 'ana@example.com' },
    {
      password: await server.mintRefreshToken({ user: 'ana' }),
      tokens: { tasks: { value: 'ended', expiresAt: Date.now() - 1000, scopes: ['tasks.read'] } },
    },
  )
  return {
    place,
    account,
    open: () => openExampleVault(place),
    async [Symbol.asyncDispose]() {
      await rm(base, { recursive: true, force: true })
    },
  }
}
