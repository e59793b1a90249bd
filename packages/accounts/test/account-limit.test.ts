import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

const full = expect.objectContaining({ code: 'ERR_LIMIT_EXCEEDED' })

describe('how many accounts a vault may hold', () => {
  it('is limited, and a removal makes room', async () => {
    const manager = await openManager({ limits: { accounts: 2 } })
    const ana = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' })
    await manager.addAccountExplicitly({ type: TYPE, name: 'ben' })
    await expect(manager.addAccountExplicitly({ type: TYPE, name: 'cem' })).rejects.toEqual(full)
    await manager.removeAccountExplicitly(ana)
    await manager.addAccountExplicitly({ type: TYPE, name: 'cem' })
    expect((await manager.getAccounts()).map(({ name }) => name)).toEqual(['ben', 'cem'])
  })

  it('counts the accounts that another manager has just added', async () => {
    const directory = tempFolder()
    const one = await openManager({ directory, limits: { accounts: 2 } })
    const other = await openManager({ directory })
    await Promise.all(['ana', 'ben'].map((name) => other.addAccountExplicitly({ type: TYPE, name })))
    await expect(one.addAccountExplicitly({ type: TYPE, name: 'cem' })).rejects.toEqual(full)
  })

  it('holds for an import as a whole: nothing of it is added', async () => {
    const source = await openManager()
    for (const name of ['ana', 'ben', 'cem']) await source.addAccountExplicitly({ type: TYPE, name })
    const key = randomBytes(32)
    const exported = await source.export({ key })
    const manager = await openManager({ limits: { accounts: 3 } })
    await manager.addAccountExplicitly({ type: TYPE, name: 'dan' })
    await expect(manager.import(exported, { key })).rejects.toEqual(full)
    expect((await manager.getAccounts()).map(({ name }) => name)).toEqual(['dan'])
    const roomy = await openManager({ limits: { accounts: 3 } })
    expect((await roomy.import(exported, { key })).added).toHaveLength(3)
  })
})
