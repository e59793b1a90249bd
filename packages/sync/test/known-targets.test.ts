import { createFakeSyncAdapter } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { openKnownWorld } from './support/known-world.ts'

describe('the list of targets', () => {
  it('has every account with every authority of its type, though nothing was asked of it', async () => {
    const notes = createFakeSyncAdapter({ authority: 'notes', supportsUploading: false, userVisible: false })
    const { driver, adapter, ana, bob } = await openKnownWorld()
    driver.sync.registerAdapter(notes)
    const shown = (await driver.sync.getSyncTargets()).map(({ account, authority }) => [account.name, authority])
    expect(shown).toEqual([
      [ana.name, 'notes'],
      [ana.name, adapter.authority],
      [bob.name, 'notes'],
      [bob.name, adapter.authority],
    ])
    expect(await driver.sync.getSyncTargets({ account: bob, authority: 'notes' })).toEqual([
      {
        account: bob,
        authority: 'notes',
        syncable: -1,
        syncAutomatically: false,
        userVisible: false,
        supportsUploading: false,
        hasAdapter: true,
      },
    ])
    expect(await driver.sync.getSyncTargets({ account: 'nobody' })).toEqual([])
  })

  it('says how each is set, also to a process without adapters', async () => {
    const { driver, A } = await openKnownWorld()
    await driver.sync.setSyncAutomatically(A, false)
    await driver.sync.setIsSyncable(A, 0)
    await driver.restart({ adapters: [] })
    expect((await driver.sync.getSyncTargets(A))[0]).toMatchObject({
      syncable: 0,
      syncAutomatically: false,
      hasAdapter: false,
    })
  })

  it('refuses a filter that is none', async () => {
    const { driver } = await openKnownWorld()
    await expect(driver.sync.getSyncTargets(null as never)).rejects.toThrow('filter must be an object, received null')
    await expect(driver.sync.getSyncTargets({ account: 5 as never })).rejects.toThrow(TypeError)
    await expect(driver.sync.getSyncTargets({ authority: '' })).rejects.toThrow(TypeError)
  })
})
