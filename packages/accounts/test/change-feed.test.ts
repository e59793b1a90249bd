import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Database } from '../src/storage/database.ts'
import { ChangeFeed } from '../src/vault/change-feed.ts'
import { APPLICATION_ID, MIGRATIONS } from '../src/vault/schema.ts'
import { tempFolder } from './support/temp-folder.ts'

const DAY = 24 * 60 * 60 * 1_000
const account = { id: 'id', type: 't', name: 'ana' }

async function openFeed(
  now: () => number = () => 0,
): Promise<{ database: Database; feed: ChangeFeed; other: ChangeFeed }> {
  const database = await Database.open({
    file: join(tempFolder(), 'vault.db'),
    migrations: MIGRATIONS,
    applicationId: APPLICATION_ID,
  })
  onTestFinished(() => database.close())
  return { database, feed: new ChangeFeed(database, 'own', now), other: new ChangeFeed(database, 'other', now) }
}

describe('the change feed', () => {
  it('tells what happened after a revision, in order, with where it came from', async () => {
    const { database, feed, other } = await openFeed(() => 7)
    await database.write(() => feed.append({ event: 'account:added', account }))
    const seen = feed.latest
    await database.write(() => other.append({ event: 'account:updated', account, reason: 'expired' }))
    await database.write(() => feed.append({ event: 'account:removed', account }))
    const changes = feed.after(seen)
    expect(changes.map(({ event, reason, at }) => [event, reason, at])).toEqual([
      ['account:updated', 'expired', 7],
      ['account:removed', undefined, 7],
    ])
    expect(changes.map((change) => feed.isOwn(change))).toEqual([false, true])
    expect(changes.map(({ revision }) => revision)).toEqual([seen + 1, seen + 2])
  })

  it('says nothing of a transaction that was rolled back', async () => {
    const { database, feed } = await openFeed()
    await database
      .write(() => {
        feed.append({ event: 'account:added', account })
        throw new Error('rolled back')
      })
      .catch(() => undefined)
    expect([feed.latest, feed.after(0)]).toEqual([0, []])
  })

  it('is empty at first', async () => {
    const { feed } = await openFeed()
    expect([feed.latest, feed.after(0)]).toEqual([0, []])
  })

  it('keeps 10 000 changes, and its revisions rise all the same', async () => {
    const { database, feed } = await openFeed()
    await database.write(() => {
      for (let n = 0; n < 10_240; n++) feed.append({ event: 'account:state', account })
    })
    expect(feed.latest).toBe(10_240)
    expect(feed.after(0)[0]?.revision).toBe(241)
    expect(feed.after(10_238)).toHaveLength(2)
  })

  it('keeps changes for seven days', async () => {
    let now = 0
    const { database, feed } = await openFeed(() => now)
    const appendMany = () =>
      database.write(() => {
        for (let n = 0; n < 256; n++) feed.append({ event: 'account:state', account })
      })
    await appendMany()
    now = 7 * DAY
    await appendMany()
    expect(feed.after(0)[0]?.revision).toBe(1)
    now = 7 * DAY + 1
    await appendMany()
    expect(feed.after(0)[0]?.revision).toBe(257)
  })

  it('goes on with its revisions when everything in it has been pruned', async () => {
    let now = 0
    const { database, feed } = await openFeed(() => now)
    await database.write(() => feed.append({ event: 'account:state', account }))
    await database.write(() => database.exec('DELETE FROM change'))
    expect([feed.latest, feed.after(0)]).toEqual([1, []])
    now = 1
    expect(await database.write(() => feed.append({ event: 'account:state', account }))).toMatchObject({ revision: 2 })
  })
})
