import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { WrapKeyProvider } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { failureOf } from './support/failures.ts'
import { fixedKey } from './support/keys.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const [first, second] = [fixedKey(1, 'first'), fixedKey(2, 'second')]

async function madeVault(): Promise<string> {
  const directory = tempFolder()
  const manager = await openManager({ directory, keyProvider: [first, second] })
  await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
  await manager.close()
  return directory
}

describe('a vault with two ways in', () => {
  it('opens by the other one when one slot is damaged, and health says which', async () => {
    const directory = await madeVault()
    const database = new DatabaseSync(join(directory, 'vault.db'))
    database.exec("UPDATE key_slot SET wrapped_data_key = zeroblob(60) WHERE provider = 'first'")
    database.close()
    const manager = await openManager({ directory, keyProvider: [first, second] })
    const [account] = await manager.getAccounts()
    expect(await manager.getPassword(account ?? '')).toBe('p')
    const health = await manager.health()
    expect(health.providers).toMatchObject([
      { id: 'first', usable: false },
      { id: 'second', usable: true },
    ])
    expect(health.problems).toMatchObject([
      { code: 'ERR_VAULT_UNAVAILABLE', message: expect.stringMatching(/^first .*damaged/) },
    ])
    const alone = await openManager({ directory, keyProvider: first })
    expect(await alone.getAccounts()).toHaveLength(1)
    expect(await failureOf(alone.getPassword(account ?? ''))).toMatchObject({ code: 'ERR_VAULT_KEY_LOST' })
  })

  it('tells that one of them holds another key, although the other one opened it', async () => {
    const directory = await madeVault()
    const manager = await openManager({ directory, keyProvider: [fixedKey(9, 'first'), second] })
    const { ok, providers, problems } = await manager.health()
    expect(providers).toMatchObject([
      { id: 'first', usable: false },
      { id: 'second', usable: true },
    ])
    expect([ok, problems.length]).toEqual([true, 1])
  })
})

describe('a vault whose key is lost', () => {
  it('is left as it is: accounts are listed, and nothing is changed or removed (ST-03)', async () => {
    const directory = await madeVault()
    const wrong = await openManager({ directory, keyProvider: [fixedKey(8, 'first'), fixedKey(9, 'second')] })
    const [account] = await wrong.getAccounts()
    const id = account?.id ?? ''
    const changes = [
      wrong.renameAccount(id, 'ben'),
      wrong.removeAccountExplicitly(id),
      wrong.removeAccount(id),
      wrong.setAccountVisibility(id, 'p', 'visible'),
      wrong.grantAuthToken(id, 't', 'p'),
      wrong.setDefaultAccount(TYPE, id),
      wrong.notifyAccountAuthenticated(id),
      wrong.rotateKey(),
    ]
    const codes = (await Promise.all(changes.map(failureOf))).map(({ code }) => code)
    expect(codes).toEqual(codes.map(() => 'ERR_VAULT_KEY_LOST'))
    const right = await openManager({ directory, keyProvider: first })
    expect([await right.getAccounts(), await right.getPassword(id)]).toEqual([[account], 'p'])
  })
})

describe('a provider that asks for its key to be wrapped again', () => {
  it('and then fails to wrap it still opens the vault', async () => {
    let isBroken = false
    const provider: WrapKeyProvider = {
      id: 'wrapping',
      kind: 'wrap',
      protection: 'os-user',
      wrap: (key) => (isBroken ? Promise.reject(new Error('canary')) : Promise.resolve(Uint8Array.from(key))),
      unwrap: async (blob) => ({ kind: 'found', key: Uint8Array.from(blob), rewrap: true }),
    }
    const directory = tempFolder()
    await (await openManager({ directory, keyProvider: provider })).close()
    isBroken = true
    const manager = await openManager({ directory, keyProvider: provider })
    expect((await manager.health()).locked).toBe(false)
  })
})
