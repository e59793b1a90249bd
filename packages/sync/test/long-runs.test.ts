import { describe, expect, it } from 'vitest'
import { openKnownWorld, takes } from './support/known-world.ts'

const MINUTE = 60_000

describe('runs of eight minutes each', () => {
  it('of one target wait for each other and end', async () => {
    const { driver, adapter, A } = await openKnownWorld()
    adapter.always = takes(driver, 8 * MINUTE)
    const requests = [1, 2].map((n) => driver.sync.requestSync({ ...A, extras: { n } }))
    await driver.advance(20 * MINUTE)
    expect(adapter.runs).toHaveLength(2)
    for (const { done } of requests) expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
  })

  it('of a serial adapter wait for each other and end', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    adapter.always = takes(driver, 8 * MINUTE)
    const requests = [A, B].map((target) => driver.sync.requestSync(target))
    await driver.advance(20 * MINUTE)
    expect(adapter.runs).toHaveLength(2)
    for (const { done } of requests) expect((await done).outcome).toBe('success')
  })

  it('take turns at a place that all want, and each gets to its end', async () => {
    const options = { concurrency: { regular: 1 } }
    const { driver, adapter, A, B } = await openKnownWorld({ allowParallelSyncs: true }, options)
    adapter.always = takes(driver, 8 * MINUTE)
    const requests = [A, B].map((target) => driver.sync.requestSync(target))
    await driver.advance(6 * MINUTE)
    expect(adapter.runs.map(({ account }) => account.name)).toEqual(['ana', 'bob'])
    await driver.advance(40 * MINUTE)
    for (const { done } of requests) expect((await done).outcome).toBe('success')
  })

  it('make room one at a time', async () => {
    const options = { concurrency: { regular: 2 } }
    const { driver, adapter, A, B } = await openKnownWorld({ allowParallelSyncs: true }, options)
    const eva = await driver.addAccount('eva')
    await driver.settle()
    adapter.always = takes(driver, 8 * MINUTE)
    driver.sync.requestSync(A)
    driver.sync.requestSync(B)
    await driver.settle()
    driver.sync.requestSync({ account: eva, authority: A.authority })
    await driver.advance(5 * MINUTE + 5_000)
    expect(adapter.active.map(({ account }) => account.name)).toEqual(['bob', 'eva'])
  })
})

describe('a stream of expedited requests for another account of a serial adapter', () => {
  it('does not keep a run that is longer than the pauses from ever ending', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    adapter.always = (context) => takes(driver, context.account.name === 'ana' ? 8_000 : 1_000)(context)
    let isOver = false
    void driver.sync.requestSync(A).done.then(({ outcome }) => {
      isOver = outcome === 'success'
    })
    await driver.settle()
    for (let n = 0; n < 24 && !isOver; n++) {
      driver.sync.requestSync({ ...B, expedited: true, extras: { n } })
      await driver.advance(5_000)
    }
    expect(isOver).toBe(true)
  })
})

describe('a run without limit that never ends', () => {
  it('keeps neither its target nor its adapter from others for ever', async () => {
    const { driver, adapter, A, B } = await openKnownWorld()
    adapter.next('hang')
    driver.sync.requestSync({ ...A, manual: true, extras: { hangs: true } })
    await driver.settle()
    const others = [A, B].map((target) => driver.sync.requestSync({ ...target, manual: true }))
    await driver.advance(29 * MINUTE)
    expect(adapter.runs).toHaveLength(1)
    await driver.advance(2 * MINUTE)
    for (const { done } of others) expect((await done).outcome).toBe('success')
  })
})

describe('a limit of 0', () => {
  it('on the length of a run is none', async () => {
    const { driver, adapter, A } = await openKnownWorld({ limits: { maxRunMs: 0 } })
    adapter.always = takes(driver, 120 * MINUTE)
    const { done } = driver.sync.requestSync(A)
    await driver.advance(121 * MINUTE)
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
  })
})
