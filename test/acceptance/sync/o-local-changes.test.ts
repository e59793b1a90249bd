import { describe, expect, it } from 'vitest'
import { HOUR, openWorld } from './support/world.ts'

describe('4.O local change to upload', () => {
  it('case 254: a local change is uploaded once, 30 seconds later', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    expect(sync.notifyChange(A1X)).toMatchObject({ outcome: 'accepted' })
    await advance(29_999)
    expect(X.runs).toEqual([])
    await advance(1)
    expect(X.runs).toMatchObject([{ upload: true, reason: 'local-change' }])
    expect((await sync.getHistory())[0]).toMatchObject({ source: 'local' })
  })

  it('case 255: a hundred changes within the time are one upload, counted from the first', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    for (let n = 0; n < 100; n++) {
      sync.notifyChange(A1X)
      await advance(290)
    }
    await advance(1_000)
    expect(X.runs).toHaveLength(1)
    await advance(HOUR)
    expect(X.runs).toHaveLength(1)
  })

  it('case 256: what the adapter writes leads to no upload', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    await sync.requestSync(A1X).done
    await advance(HOUR)
    expect(X.runs).toHaveLength(1)
  })

  it('case 257: a change of two authorities is one upload of each', async () => {
    const { sync, A1, X, Y, advance } = await openWorld()
    const { done } = sync.notifyChange({ account: A1, authority: ['X', 'Y', 'X'] })
    await advance(30_000)
    expect([X.runs.length, Y.runs.length]).toEqual([1, 1])
    expect(await done).toMatchObject({ outcome: 'success', attempts: 2 })
  })

  it('case 258: without support for uploads nothing is queued', async () => {
    const { sync, A1X } = await openWorld({ adapter: { supportsUploading: false } })
    expect(sync.notifyChange(A1X)).toMatchObject({ outcome: 'dropped', reason: 'upload-unsupported' })
    expect(await sync.getPendingSyncs()).toEqual([])
  })

  it('case 260: within a wait after errors the upload waits for its end', async () => {
    const { sync, A1X, X, advance } = await openWorld({ backoff: { initialMs: 120_000 } })
    X.next('soft')
    await sync.requestSync({ ...A1X, doNotRetry: true }).done
    sync.notifyChange(A1X)
    await advance(119_999)
    expect(X.runs).toHaveLength(1)
    await advance(1)
    expect(X.runs).toHaveLength(2)
  })

  it('case 261: an upload that fails becomes a two-way sync', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    X.next('soft')
    sync.notifyChange(A1X)
    await advance(60_000)
    expect(X.runs.map(({ upload }) => upload)).toEqual([true, false])
  })

  it('case 263: a change of one account uploads nothing of another; without an account all are meant', async () => {
    const { sync, A1X, X, advance } = await openWorld()
    sync.notifyChange(A1X)
    await advance(30_000)
    expect(X.runs.map(({ account }) => account.name)).toEqual(['a'])
    sync.notifyChange({ authority: 'X' })
    await advance(30_000)
    expect(X.runs.map(({ account }) => account.name)).toEqual(['a', 'a', 'b'])
  })

  it('the delay is an option', async () => {
    const { sync, A1X, X, advance } = await openWorld({ localChangeDelayMs: 1_000 })
    sync.notifyChange(A1X)
    await advance(1_000)
    expect(X.runs).toHaveLength(1)
  })
})
