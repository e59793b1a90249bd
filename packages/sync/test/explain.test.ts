import { describe, expect, it } from 'vitest'
import { openKnownWorld } from './support/known-world.ts'

describe('an explanation', () => {
  it('says when it goes on only where time decides', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    adapter.next('soft')
    driver.sync.requestSync(A)
    await driver.settle()
    expect(await driver.sync.explain(A)).toMatchObject({
      state: 'waiting',
      reasons: ['backoff'],
      nextRunAt: driver.clock.now() + 30_000,
    })
    driver.environment.set({ network: 'none' })
    await driver.settle()
    driver.sync.requestSync(B)
    await driver.settle()
    const waiting = await driver.sync.explain(B)
    expect(waiting).toMatchObject({ state: 'waiting', reasons: ['no-network'] })
    expect(waiting.nextRunAt).toBeUndefined()
  })

  it('speaks of a run that does not return also when nothing is queued', async () => {
    const { driver, adapter, A } = await openKnownWorld({ limits: { graceMs: 10 } })
    adapter.next('ignore-abort')
    driver.sync.requestSync(A)
    await driver.settle()
    await driver.sync.cancelSync(A)
    await driver.advance(100)
    expect((await driver.sync.explain(A)).reasons).toContain('stuck')
    adapter.letGo()
    await driver.settle()
    expect((await driver.sync.explain(A)).reasons).toEqual(['nothing-requested'])
  })
})

describe('listeners', () => {
  it('hear that a wait ended with a cancel, and with the return of the account', async () => {
    const { driver, adapter, A } = await openKnownWorld()
    const heard: string[] = []
    driver.sync.on('sync:settings', ({ setting }) => void heard.push(setting))
    adapter.next('soft')
    driver.sync.requestSync(A)
    await driver.settle()
    await driver.sync.cancelSync(A)
    expect(heard).toEqual(['backoff', 'backoff'])
    adapter.next('auth')
    driver.sync.requestSync(A)
    await driver.settle()
    await driver.accounts.setPassword(A.account, 'another')
    await driver.settle()
    expect(heard).toEqual(['backoff', 'backoff', 'backoff', 'backoff'])
  })

  it('hear of a request for an authority that nobody serves', async () => {
    const { driver, A } = await openKnownWorld()
    const heard: string[] = []
    driver.sync.on('sync:dropped', ({ authority, why }) => void heard.push(`${authority} ${why}`))
    driver.sync.requestSync({ ...A, authority: 'unknown' })
    expect(heard).toEqual(['unknown no-adapter'])
  })
})

describe('closing', () => {
  it('twice waits for the same end', async () => {
    const { driver, adapter, A } = await openKnownWorld()
    adapter.next('hang')
    driver.sync.requestSync(A)
    await driver.settle()
    const first = driver.sync.close()
    await driver.sync.close()
    expect(await Promise.race([first.then(() => 'closed'), Promise.resolve().then(() => 'closing')])).toBe('closed')
    await first
  })
})
