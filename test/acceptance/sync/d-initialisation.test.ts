import { describe, expect, it } from 'vitest'
import { openSmallWorld, openWorld, record } from './support/world.ts'

describe('4.D syncable state, initialisation, readiness', () => {
  it('case 54: a new account and authority is not known to be syncable', async () => {
    const { driver, add } = await openSmallWorld({}, { start: false })
    const A1 = await add('a')
    expect(await driver.sync.getIsSyncable({ account: A1, authority: 'X' })).toBe(-1)
  })

  it('answers 0 where no adapter was ever registered', async () => {
    const { driver, add } = await openSmallWorld()
    const A1 = await add('a')
    expect(await driver.sync.getIsSyncable({ account: A1, authority: 'Z' })).toBe(0)
  })

  it.each([
    [2, 1],
    [1, 1],
    [0, 0],
    [-1, -1],
    [-2, -1],
  ])('case 56: setting the state to %i gives %i', async (set, got) => {
    const { sync, A1X } = await openWorld({ start: false })
    await sync.setIsSyncable(A1X, set)
    expect(await sync.getIsSyncable(A1X)).toBe(got)
  })

  it('case 57: with the master switch off a new account gets exactly one initialisation run, and no other', async () => {
    const { driver, adapter, add } = await openSmallWorld()
    await driver.sync.setMasterSyncAutomatically(false)
    const A1 = await add('a')
    await driver.sync.whenIdle()
    expect(adapter.runs).toMatchObject([{ initialize: true, account: A1, authority: 'X' }])
  })

  it('case 58: that run makes the target syncable, and the periodic sync of the defaults exists once', async () => {
    const { driver, add } = await openSmallWorld({ defaults: { periodMs: 86_400_000 } })
    const target = { account: await add('a'), authority: 'X' }
    await driver.sync.whenIdle()
    expect(await driver.sync.getIsSyncable(target)).toBe(1)
    expect(await driver.sync.getPeriodicSyncs(target)).toMatchObject([{ periodMs: 86_400_000, flexMs: 3_456_000 }])
  })

  it('case 58: without a default there is no periodic sync', async () => {
    const { driver, add } = await openSmallWorld()
    const target = { account: await add('a'), authority: 'X' }
    expect(await driver.sync.getPeriodicSyncs(target)).toEqual([])
  })

  it('case 59: a request with extras runs after the initialisation, which gets none of them', async () => {
    const { driver, adapter, add } = await openSmallWorld({ defaults: { syncAutomatically: true } }, { start: false })
    const A1 = await add('a')
    const { done } = driver.sync.requestSync({ account: A1, authority: 'X', extras: { custom: 1 } })
    driver.sync.start()
    expect(await done).toMatchObject({ outcome: 'success', attempts: 1 })
    expect(adapter.runs).toMatchObject([
      { initialize: true, extras: {} },
      { initialize: false, extras: { custom: 1 } },
    ])
    expect(Object.keys(adapter.runs[0]?.extras ?? { wrong: 1 })).toEqual([])
  })

  it('case 60: becoming syncable asks for a sync without extras, if the switches are on', async () => {
    const { sync, A1X, A2X, X, settle } = await openWorld()
    await sync.setIsSyncable(A1X, 0)
    await sync.setIsSyncable(A2X, 0)
    await sync.setSyncAutomatically(A2X, false)
    await sync.setIsSyncable(A1X, 1)
    await sync.setIsSyncable(A2X, 1)
    await settle()
    expect(X.runs).toMatchObject([{ account: A1X.account, extras: {}, reason: 'is-syncable' }])
  })

  it('case 60: setting the state that it has already asks for nothing', async () => {
    const { sync, A1X, X, settle } = await openWorld()
    const settings = record(sync, 'sync:settings')
    await sync.setIsSyncable(A1X, 1)
    await settle()
    expect(X.runs).toEqual([])
    expect(settings).toEqual([])
  })

  it('case 62: autoInitialize makes it syncable without calling the adapter', async () => {
    const { driver, adapter, add } = await openSmallWorld({ autoInitialize: true })
    const A1 = await add('a')
    await driver.sync.whenIdle()
    expect(adapter.runs).toEqual([])
    expect(await driver.sync.getIsSyncable({ account: A1, authority: 'X' })).toBe(1)
    expect((await driver.sync.getHistory())[0]).toMatchObject({ outcome: 'success', initialize: true })
  })

  it('case 63: autoInitialize leaves a target alone that was declared not syncable', async () => {
    const { driver, add } = await openSmallWorld({ autoInitialize: true }, { start: false })
    const target = { account: await add('a'), authority: 'X' }
    await driver.sync.setIsSyncable(target, 0)
    driver.sync.start()
    await driver.sync.whenIdle()
    expect(await driver.sync.getIsSyncable(target)).toBe(0)
  })

  it('case 64: without autoInitialize the adapter is called to initialise', async () => {
    const { driver, adapter, add } = await openSmallWorld({ autoInitialize: false })
    await add('a')
    await driver.sync.whenIdle()
    expect(adapter.runs.map(({ initialize }) => initialize)).toEqual([true])
  })

  it('lets the adapter decide itself that a target is not syncable', async () => {
    const { driver, adapter, add } = await openSmallWorld({ defaults: { syncAutomatically: true } }, { start: false })
    const target = { account: await add('a'), authority: 'X' }
    adapter.next(() => driver.sync.setIsSyncable(target, 0))
    const { done } = driver.sync.requestSync(target)
    driver.sync.start()
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'not-syncable' })
    expect(await driver.sync.getIsSyncable(target)).toBe(0)
  })

  it('case 65: an adapter that is always syncable needs no initialisation run', async () => {
    const { driver, adapter, add } = await openSmallWorld({ isAlwaysSyncable: true })
    const A1 = await add('a')
    await driver.sync.whenIdle()
    expect(await driver.sync.getIsSyncable({ account: A1, authority: 'X' })).toBe(1)
    expect(adapter.runs).toEqual([])
  })

  it.each([true, false])('case 66: an adapter (always syncable: %s) that says not ready is not run', async (always) => {
    let asked = 0
    const onUnsyncableAccount = (): boolean => {
      asked++
      return false
    }
    const { driver, adapter, add } = await openSmallWorld({ isAlwaysSyncable: always, onUnsyncableAccount })
    const target = { account: await add('a'), authority: 'X' }
    await driver.sync.whenIdle()
    expect(asked).toBe(1)
    const { done } = driver.sync.requestSync({ ...target, manual: true })
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'not-ready' })
    expect(asked).toBe(2)
    expect(adapter.runs).toEqual([])
  })

  it.each([
    [false, [true, false]],
    [true, [false]],
  ])(
    'case 68, 69: ready at the next request, it runs (always syncable: %s, initialising: %s)',
    async (always, runs) => {
      let ready = false
      const options = { isAlwaysSyncable: always, onUnsyncableAccount: () => ready }
      const { driver, adapter, add } = await openSmallWorld(options)
      const target = { account: await add('a'), authority: 'X' }
      await driver.sync.whenIdle()
      ready = true
      expect(await driver.sync.requestSync({ ...target, manual: true }).done).toMatchObject({ outcome: 'success' })
      expect(adapter.runs.map(({ initialize }) => initialize)).toEqual(runs)
    },
  )

  it('case 70: of two accounts of which one is ready, one is initialised', async () => {
    const answers: string[] = []
    const onUnsyncableAccount = ({ name }: { name: string }): boolean => {
      answers.push(name)
      return name === 'a'
    }
    const { driver, adapter, add } = await openSmallWorld({ onUnsyncableAccount })
    const A1 = await add('a')
    await add('b')
    await driver.sync.whenIdle()
    expect(answers).toEqual(['a', 'b'])
    expect(adapter.runs).toMatchObject([{ initialize: true, account: A1 }])
  })

  it('case 71: an error instead of an answer counts as ready', async () => {
    const onUnsyncableAccount = (): boolean => {
      throw new Error('no idea')
    }
    const { driver, adapter, add } = await openSmallWorld({ onUnsyncableAccount })
    await add('a')
    await driver.sync.whenIdle()
    expect(adapter.runs).toMatchObject([{ initialize: true }])
  })

  it('case 72: no answer within five seconds is a no', async () => {
    const { driver, adapter, add } = await openSmallWorld({ onUnsyncableAccount: () => new Promise<boolean>(() => {}) })
    const A1 = await add('a')
    const { done } = driver.sync.requestSync({ account: A1, authority: 'X', manual: true })
    await driver.advance(4_999)
    expect(await driver.sync.isSyncActive({ account: A1, authority: 'X' })).toBe(true)
    await driver.advance(1)
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'not-ready' })
    expect(adapter.runs).toEqual([])
  })

  it('case 74: at the start only targets that are not initialised are run', async () => {
    const { driver, A1, A1X, X, Y, settle } = await openWorld({ start: false })
    await driver.sync.setIsSyncable(A1X, -1)
    await driver.restart({ start: true })
    await settle()
    const targets = [...X.runs, ...Y.runs].map(({ account, authority }) => [account.id, authority])
    expect(targets).toEqual([[A1.id, 'X']])
  })

  it('case 75: an initialisation that fails softly is tried again with backoff, and the state stays unknown', async () => {
    const { driver, adapter, add } = await openSmallWorld()
    adapter.next('soft')
    const target = { account: await add('a'), authority: 'X' }
    await driver.settle()
    expect(await driver.sync.getIsSyncable(target)).toBe(-1)
    await driver.advance(29_999)
    expect(adapter.runs).toHaveLength(1)
    await driver.advance(1)
    expect(adapter.runs.map(({ initialize }) => initialize)).toEqual([true, true])
    expect(await driver.sync.getIsSyncable(target)).toBe(1)
  })

  it('ends what waits for an initialisation that fails for good', async () => {
    const { driver, adapter, add } = await openSmallWorld({ always: 'hard' }, { start: false })
    const target = { account: await add('a'), authority: 'X' }
    const { done } = driver.sync.requestSync({ ...target, manual: true })
    driver.sync.start()
    expect(await done).toMatchObject({ outcome: 'dropped', reason: 'initialization-failed' })
    expect(adapter.runs).toHaveLength(1)
  })

  it('case 76: an initialisation makes the run of another account give way', async () => {
    const { driver, adapter, add } = await openSmallWorld()
    const A1 = await add('a')
    await driver.sync.whenIdle()
    adapter.next('hang')
    driver.sync.requestSync({ account: A1, authority: 'X', manual: true })
    await driver.settle()
    const A2 = await add('b')
    await driver.settle()
    expect(adapter.runs.map(({ account, initialize }) => [account.id, initialize])).toEqual([
      [A1.id, true],
      [A1.id, false],
      [A2.id, true],
    ])
    await driver.advance(10_000)
    expect(adapter.runs[3]).toMatchObject({ account: A1, initialize: false, attempt: 1 })
  })
})
