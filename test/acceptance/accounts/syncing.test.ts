import { createFakeSyncAdapter, SyncTestDriver } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { TYPE } from './support/example.ts'

const AUTHORITY = 'tasks'
const adapters = () => [createFakeSyncAdapter({ accountType: TYPE, authority: AUTHORITY })]

describe('an account and its synchronisation', () => {
  it('T144 a manual expedited sync of an account that was just added runs without any consent', async () => {
    const adapter = createFakeSyncAdapter({ accountType: TYPE, authority: AUTHORITY })
    await using driver = await SyncTestDriver.open({ adapters: [adapter] })
    const account = await driver.addAccount('ana')
    const { done } = driver.sync.requestSync({ account, authority: AUTHORITY, manual: true, expedited: true })
    expect(await done).toMatchObject({ outcome: 'success' })
    expect(adapter.runs.at(-1)).toMatchObject({ account, authority: AUTHORITY })
  })

  it('T146, T147 automatic sync is remembered over a restart for what there is, and for nothing that is gone', async () => {
    await using driver = await SyncTestDriver.open({ adapters: adapters() })
    const [account, removed] = [await driver.addAccount('ana'), await driver.addAccount('ben')]
    for (const each of [account, removed])
      await driver.sync.setSyncAutomatically({ account: each, authority: AUTHORITY }, true)
    expect(await driver.sync.getSyncAutomatically({ account, authority: AUTHORITY })).toBe(true)
    await driver.accounts.removeAccountExplicitly(removed)
    await driver.restart()
    const automatic = await Promise.all(
      [
        { account, authority: AUTHORITY },
        { account: removed, authority: AUTHORITY },
        { account, authority: 'absent' },
        { account: removed, authority: 'absent' },
      ].map((target) => driver.sync.getSyncAutomatically(target)),
    )
    expect(automatic).toEqual([true, false, false, false])
  })
})
