import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccountManager, type Authenticator, type KeyProvider } from '@accountry/accounts'
import { startSecretService, type TestSecretService } from '@accountry/testing'
import { describeWithSecretService } from '@accountry/testing/suites'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { environmentKey, fileKey, firstAvailable, osKeychain, passphraseKey, volatileKey } from '../src/index.ts'

const authenticator: Authenticator = {
  description: { type: 'com.example', label: 'Example' },
  addAccount: async () => ({ name: 'unused' }),
  getAuthToken: async () => ({ value: 'unused' }),
}
/** A busy machine may take longer than the default deadline. */
const patientKeychain = () => osKeychain({ deadlineMs: 20_000 })
const ana = { type: 'com.example', name: 'ana@example.com' }
const environment = { VAULT_KEY: Buffer.alloc(32, 7).toString('base64') }

let directory = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vault-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

async function open(keyProvider: KeyProvider): Promise<AccountManager> {
  return await AccountManager.open({
    app: { id: 'com.example' },
    directory,
    keyProvider,
    authenticators: [authenticator],
  })
}

async function makeVault(keyProvider: KeyProvider): Promise<void> {
  const accounts = await open(keyProvider)
  await accounts.unlock({ interaction: 'allow' })
  await accounts.addAccountExplicitly(ana, { password: 'refresh-token' })
  await accounts.close()
}

/** Opens the vault again and says what its account's password is, or with which code it is refused. */
async function passwordWith(keyProvider: KeyProvider): Promise<string> {
  const accounts = await open(keyProvider)
  try {
    await accounts.unlock({ interaction: 'allow' })
    const [account] = await accounts.getAccounts()
    return (await accounts.getPassword(account!)) ?? 'none'
  } catch (error) {
    return (error as { code: string }).code
  } finally {
    await accounts.close()
  }
}

describe('a vault', () => {
  it('opens again with the provider that it was made with', async () => {
    const memory = volatileKey()
    const providers: Record<string, () => KeyProvider> = {
      passphrase: () => passphraseKey({ prompt: async () => 'correct horse' }),
      environment: () => environmentKey({ variable: 'VAULT_KEY', environment }),
      file: () => fileKey({ path: join(directory, 'key') }),
      memory: () => memory,
    }
    for (const [name, make] of Object.entries(providers)) {
      directory = join(directory, name)
      await makeVault(make())
      expect(await passwordWith(make()), name).toBe('refresh-token')
    }
  })

  it('says that its key is lost with another key, and that it is corrupt of another form', async () => {
    await makeVault(environmentKey({ variable: 'VAULT_KEY', environment }))
    for (const value of [Buffer.alloc(32, 8).toString('base64'), 'not a key', undefined]) {
      const wrong = environmentKey({ variable: 'VAULT_KEY', environment: { VAULT_KEY: value } })
      expect(await passwordWith(wrong)).toBe('ERR_VAULT_KEY_LOST')
    }
    expect(await passwordWith(environmentKey({ variable: 'VAULT_KEY', environment }))).toBe('refresh-token')
  })

  it('is not made with a key that nobody keeps', async () => {
    const unset = environmentKey({ variable: 'VAULT_KEY', environment: {} })
    await expect(open(unset)).rejects.toMatchObject({
      code: 'ERR_VAULT_UNAVAILABLE',
      message: expect.stringContaining('VAULT_KEY'),
    })
  })

  it('stays with the rung of the ladder that it was made with', async () => {
    const rung = environmentKey({ variable: 'VAULT_KEY', environment })
    const unset = environmentKey({ variable: 'VAULT_KEY', environment: {} })
    const path = join(directory, 'key')
    await makeVault(firstAvailable([rung, fileKey({ path })]))
    expect(await passwordWith(firstAvailable([rung, fileKey({ path })]))).toBe('refresh-token')
    expect(await passwordWith(firstAvailable([unset, fileKey({ path })]))).toBe('ERR_VAULT_KEY_LOST')
  })
})

describeWithSecretService('a vault in the OS keychain', () => {
  let service: TestSecretService

  beforeAll(async () => {
    service = await startSecretService()
    process.env['DBUS_SESSION_BUS_ADDRESS'] = service.env['DBUS_SESSION_BUS_ADDRESS']
  })

  afterAll(async () => {
    await service.close()
  })

  it('lists its accounts and refuses their secrets while the keychain is locked', async () => {
    await makeVault(patientKeychain())
    await service.lock()
    const accounts = await open(patientKeychain())
    try {
      expect(await accounts.getAccounts()).toMatchObject([ana])
      const [account] = await accounts.getAccounts()
      await expect(accounts.getPassword(account!)).rejects.toMatchObject({ code: 'ERR_VAULT_LOCKED' })
      await service.unlock()
      expect(await accounts.unlock()).toBe(true)
      expect(await accounts.getPassword(account!)).toBe('refresh-token')
    } finally {
      await accounts.close()
    }
  })

  it('is not made, and takes no other rung, while the keychain is only locked', async () => {
    await service.lock()
    const ladder = firstAvailable([patientKeychain(), fileKey({ path: join(directory, 'key') })])
    const accounts = await open(ladder)
    expect((await accounts.health()).locked).toBe(true)
    await accounts.close()
    await service.unlock()
    await makeVault(ladder)
    expect(await passwordWith(patientKeychain())).toBe('refresh-token')
  })

  it('takes the next rung where there is no keychain, and keeps it when there is one', async () => {
    await service.stopService()
    const path = join(directory, 'key')
    await makeVault(firstAvailable([patientKeychain(), fileKey({ path })]))
    await service.startService()
    expect(await passwordWith(firstAvailable([patientKeychain(), fileKey({ path })]))).toBe('refresh-token')
    expect(await passwordWith(fileKey({ path }))).toBe('refresh-token')
  })
})
