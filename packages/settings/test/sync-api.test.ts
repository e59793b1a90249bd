import { createFakeSyncAdapter } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import type { AccountDetails, AuthorityView, Overview } from '../src/model.ts'
import type { Visitor } from './support/http-client.ts'
import { until } from './support/until.ts'
import { openWorld } from './support/world.ts'

async function authorityOf(visitor: Visitor, account: string, name: string): Promise<AuthorityView> {
  const { authorities = [] } = await visitor.read<AccountDetails>(`api/account?id=${account}`)
  const found = authorities.find(({ authority }) => authority === name)
  if (found === undefined) throw new Error(`no authority ${name}`)
  return found
}

describe('the synchronisation of an account', () => {
  it('is listed with its switch, its last run, its history and why it does not run', async () => {
    const adapter = createFakeSyncAdapter({
      isAlwaysSyncable: true,
      always: ({ result }) => void result.stats.numInserts++,
    })
    const hidden = createFakeSyncAdapter({ authority: 'hidden', userVisible: false, isAlwaysSyncable: true })
    await using world = await openWorld({ adapters: [adapter, hidden] })
    const account = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    world.sync.start()
    const visitor = await world.visit()
    const before = await authorityOf(visitor, account.id, 'tasks')
    expect(before).toMatchObject({ automatic: false, isSyncable: true, active: false, pending: false })
    expect(before.explanation.text).not.toBe('')
    const asked = await visitor.post('sync-now', { account: account.id, authority: 'tasks' })
    expect(JSON.parse(asked.body)).toEqual({ outcome: 'accepted' })
    await world.sync.whenIdle()
    const details = await visitor.read<AccountDetails>(`api/account?id=${account.id}`)
    expect(details.authorities?.map(({ authority }) => authority)).toEqual(['tasks'])
    expect(details.authorities?.[0]).toMatchObject({ lastSuccessAt: expect.any(Number) })
    expect(details.history).toMatchObject([{ authority: 'tasks', outcome: 'success', inserts: 1, reason: 'user' }])
  })

  it('shows a run while it goes on, with its progress, and cancels it', async () => {
    const adapter = createFakeSyncAdapter({ isAlwaysSyncable: true, always: 'hang' })
    await using world = await openWorld({ adapters: [adapter] })
    const account = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    world.sync.start()
    const visitor = await world.visit()
    await visitor.post('sync-now', { account: account.id })
    const [run] = await until(
      () => Promise.resolve(adapter.active),
      ({ length }) => length > 0,
    )
    run?.context.progress({ done: 3, total: 9, text: 'Fetching\u202E' })
    expect(await authorityOf(visitor, account.id, 'tasks')).toMatchObject({
      active: true,
      explanation: { state: 'active' },
      progress: { done: 3, total: 9, text: 'Fetching\\u{202e}' },
    })
    expect(await visitor.read<Overview>('api/overview')).toMatchObject({
      accounts: [{ isSyncing: true }],
      sync: { active: 1 },
    })
    await visitor.post('cancel-sync', { account: account.id, authority: 'tasks' })
    await world.sync.whenIdle()
    expect(await authorityOf(visitor, account.id, 'tasks')).toMatchObject({ active: false })
  })

  it('is switched on and off, for one authority and for all', async () => {
    await using world = await openWorld({ adapters: [createFakeSyncAdapter({ isAlwaysSyncable: true })] })
    const account = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    const visitor = await world.visit()
    const target = { account, authority: 'tasks' }
    await visitor.post('set-automatic', { account: account.id, authority: 'tasks', on: true })
    expect(await world.sync.getSyncAutomatically(target)).toBe(true)
    expect((await authorityOf(visitor, account.id, 'tasks')).automatic).toBe(true)
    await visitor.post('set-automatic', { account: account.id, authority: 'tasks', on: false })
    expect(await world.sync.getSyncAutomatically(target)).toBe(false)
    await visitor.post('set-master-sync', { on: false })
    expect(await world.sync.getMasterSyncAutomatically()).toBe(false)
    expect((await visitor.read<Overview>('api/overview')).sync?.master).toBe(false)
  })

  it('of an account that is gone, or of no authority, is refused', async () => {
    await using world = await openWorld({ adapters: [createFakeSyncAdapter()] })
    const visitor = await world.visit()
    const gone = await visitor.post('sync-now', { account: 'nobody', authority: 'tasks' })
    expect(JSON.parse(gone.body)).toMatchObject({ error: { code: 'ERR_ACCOUNT_NOT_FOUND' } })
    expect((await visitor.post('set-automatic', { account: 'nobody', on: true })).status).toBe(422)
  })

  it('that waits for a word about many deletions takes it', async () => {
    const adapter = createFakeSyncAdapter({
      isAlwaysSyncable: true,
      always: ({ result }) => {
        result.tooManyDeletions = true
        result.stats.numDeletes = 40
      },
    })
    await using world = await openWorld({ adapters: [adapter] })
    const account = await world.world.manager.addAccountExplicitly({ type: 'com.example', name: 'ana' })
    world.sync.start()
    const visitor = await world.visit()
    await visitor.post('sync-now', { account: account.id, authority: 'tasks' })
    await world.sync.whenIdle()
    expect(await authorityOf(visitor, account.id, 'tasks')).toMatchObject({ deletionsHeld: 40 })
    adapter.always = 'ok'
    await visitor.post('answer-deletions', { account: account.id, authority: 'tasks', deletions: 'override' })
    await world.sync.whenIdle()
    expect((await authorityOf(visitor, account.id, 'tasks')).deletionsHeld).toBeUndefined()
    const wrong = await visitor.post('answer-deletions', { account: account.id, authority: 'tasks', deletions: 'all' })
    expect(wrong.status).toBe(400)
  })
})
