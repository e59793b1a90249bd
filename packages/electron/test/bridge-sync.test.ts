import { createFakeSyncAdapter, SyncTestDriver } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest, openElectronApp } from './support/electron-app.ts'

async function openSyncWorld() {
  const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true })
  const driver = closeAfterTest(await SyncTestDriver.open({ adapters: [adapter] }))
  const account = await driver.addAccount('ana')
  await driver.sync.cancelSync({})
  const { openWindow } = await openElectronApp({ accounts: driver.accounts, sync: driver.sync, clock: driver.clock })
  const { client } = openWindow()
  return { adapter, driver, account, client, target: { account, authority: 'tasks' } }
}

describe('synchronisation from a page', () => {
  it('is asked for, watched, explained and looked back at', async () => {
    const { client, driver, account, target, adapter } = await openSyncWorld()
    const heard: string[] = []
    client.on('sync:finished', ({ authority, result }) => heard.push(`${authority} ${result}`))
    const receipt = await client.sync.requestSync({ ...target, manual: true, extras: { page: 2 } })
    expect(receipt).toMatchObject({ outcome: 'accepted' })
    await driver.settle()
    expect(adapter.runs.at(-1)).toMatchObject({ extras: { page: 2 } })
    const outcome = await client.sync.performSync({ ...target, manual: true })
    expect(outcome).toMatchObject({ outcome: 'success' })
    expect(heard).toEqual(['tasks success', 'tasks success'])
    expect(await client.sync.getSyncStatus(target)).toMatchObject({ active: false, pending: false })
    expect(await client.sync.explain(target)).toMatchObject({ text: expect.any(String) })
    expect(await client.sync.getHistory({ account, limit: 1 })).toEqual([
      expect.objectContaining({ account, authority: 'tasks', outcome: 'success' }),
    ])
    expect(await client.sync.getSyncAdapterTypes()).toEqual([expect.objectContaining({ authority: 'tasks' })])
    expect(await client.sync.getCurrentSyncs()).toEqual([])
  })

  it('shows its progress ten times a second, however often the adapter reports it', async () => {
    const { client, driver, target, adapter } = await openSyncWorld()
    const seen: (number | undefined)[] = []
    client.on('sync:progress', ({ progress }) => seen.push(progress.done))
    adapter.next(({ progress }) => {
      for (let done = 0; done < 1_000; done++) progress({ done, total: 1_000 })
    })
    await client.sync.performSync({ ...target, manual: true })
    await driver.settle()
    expect(seen).toEqual([0])
  })

  it('is switched and canceled', async () => {
    const { client, driver, target, adapter } = await openSyncWorld()
    await client.sync.setSyncAutomatically(target, true)
    expect(await client.sync.getSyncAutomatically(target)).toBe(true)
    await client.sync.setMasterSyncAutomatically(false)
    expect(await client.sync.getMasterSyncAutomatically()).toBe(false)
    adapter.always = 'hang'
    const waiting = client.sync.performSync({ ...target, manual: true })
    await driver.settle()
    expect(await client.sync.getCurrentSyncs()).toHaveLength(1)
    expect(await client.sync.cancelSync(target)).toBeGreaterThan(0)
    expect(await waiting).toMatchObject({ outcome: 'canceled' })
  })

  it('goes on when the page no longer waits', async () => {
    const { client, driver, target, adapter } = await openSyncWorld()
    adapter.hold()
    const giveUp = new AbortController()
    const waiting = client.sync
      .performSync({ ...target, manual: true }, { signal: giveUp.signal })
      .catch((error: unknown) => error)
    await driver.settle()
    giveUp.abort()
    expect(await waiting).toMatchObject({ code: 'ERR_ABORTED' })
    adapter.release()
    await driver.settle()
    expect(await client.sync.getSyncStatus(target)).toMatchObject({ lastSuccessAt: expect.any(Number) })
  })

  it('is unsupported where the app has none', async () => {
    const { openWindow } = await openElectronApp()
    const { client } = openWindow()
    await expect(client.sync.requestSync()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    await expect(client.sync.getMasterSyncAutomatically()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })
})
