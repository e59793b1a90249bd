import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAuthorizationServer } from '@accountry/testing'

/** What the consumer's app prints, however it was installed, loaded or bundled. */
export const EXPECTED = {
  account: 'ana',
  scheme: 'Bearer',
  scopes: ['tasks.read'],
  outcome: 'success',
  synchronised: true,
}

/** Where one run of the consumer's app happens: a server, a grant, an empty folder for the vault, and a key. */
export interface ConsumerWorld extends AsyncDisposable {
  /** For the first run, which adds the account. */
  readonly firstRun: Readonly<Record<string, string>>
  /** For a later one, which finds it. */
  readonly laterRun: Readonly<Record<string, string>>
}

export async function createConsumerWorld(): Promise<ConsumerWorld> {
  const server = await startAuthorizationServer()
  const folder = mkdtempSync(join(tmpdir(), 'accountry-consumer-vault-'))
  const laterRun = {
    ISSUER: server.issuer,
    CLIENT_ID: server.clientId,
    DIRECTORY: join(folder, 'vault'),
    CONSUMER_KEY: randomBytes(32).toString('base64'),
  }
  return {
    firstRun: { ...laterRun, REFRESH_TOKEN: await server.mintRefreshToken({ user: 'ana', scopes: ['tasks.read'] }) },
    laterRun,
    async [Symbol.asyncDispose]() {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
