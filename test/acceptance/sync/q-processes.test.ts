import { readFileSync, rmSync } from 'node:fs'
import { AccountManager } from '@accountry/accounts'
import { SyncManager } from '@accountry/sync'
import { afterEach, describe, expect, it } from 'vitest'
import { judge, prepareVault, type SyncWorker, startWorker } from './support/chaos.ts'
import { fixedKey } from './support/fixed-key.ts'

const running: SyncWorker[] = []
const folders: string[] = []

afterEach(async () => {
  for (const worker of running.splice(0)) await worker.kill()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function vault(targets: number): Promise<{ directory: string; log: string; ids: string[] }> {
  const prepared = await prepareVault(targets)
  folders.push(prepared.directory)
  return prepared
}

async function start(job: Parameters<typeof startWorker>[0]): Promise<SyncWorker> {
  const worker = await startWorker(job)
  running.push(worker)
  return worker
}

describe('4.Q several processes on one vault', () => {
  it('case 297: each request runs in exactly one of them', async () => {
    const { directory, log, ids } = await vault(20)
    const job = { directory, log, serves: true, asks: 0, runMs: 5 }
    const workers = await Promise.all(['one', 'two', 'three'].map((name) => start({ ...job, name })))
    for (const [index, account] of ids.entries()) {
      workers[index % 3]?.send({ request: { account, extras: { n: `r${index}` } } })
      await workers[index % 3]?.next(({ kind }) => kind === 'asked')
    }
    for (const [index] of ids.entries()) {
      const message = await workers[index % 3]?.next(({ kind }) => kind === 'outcome')
      expect(message).toEqual({ kind: 'outcome', outcome: 'success' })
    }
    const starts = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('start'))
    expect(starts).toHaveLength(20)
  })

  it('a process without adapter asks, another performs, and the one that asked learns how it ended', async () => {
    const { directory, log, ids } = await vault(1)
    const performer = await start({ directory, log, name: 'performer', serves: true, asks: 0, runMs: 5 })
    const asker = await start({ directory, log, name: 'asker', serves: false, asks: 0, runMs: 5 })
    asker.send({ request: { account: ids[0] ?? '', extras: { n: 'x' } } })
    expect(await asker.next(({ kind }) => kind === 'outcome')).toEqual({ kind: 'outcome', outcome: 'success' })
    expect(readFileSync(log, 'utf8')).toMatch(/start \d+ performer .* x /)
    await performer.kill()
  })

  it('case 297: after kill -9 the other takes over what was running, and never both run it at once', async () => {
    const { directory, log, ids } = await vault(1)
    const job = { directory, log, serves: true, asks: 0 }
    const doomed = await start({ ...job, name: 'doomed', runMs: 60_000 })
    doomed.send({ request: { account: ids[0] ?? '', extras: { n: 'x' } } })
    await doomed.next(({ kind }) => kind === 'asked')
    while (!readFileSync(log, 'utf8').includes('start')) await new Promise((resolve) => setTimeout(resolve, 5))
    const heir = await start({ ...job, name: 'heir', runMs: 5 })
    const deaths = [{ pid: doomed.pid, at: process.hrtime.bigint() }]
    await doomed.kill('SIGKILL')
    // The heir learns of the death by looking, so it may be idle before it takes over.
    while (readFileSync(log, 'utf8').split('start').length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    heir.send('drain')
    await heir.next(({ kind }) => kind === 'drained')
    const report = judge(readFileSync(log, 'utf8'), deaths)
    expect(report).toMatchObject({ runs: 2, overlaps: [] })
    expect(report.takeoversMs).toHaveLength(1)
  })

  it('a process cancels what runs in another', async () => {
    const { directory, log, ids } = await vault(1)
    const performer = await start({ directory, log, name: 'performer', serves: true, asks: 0, runMs: 60_000 })
    performer.send({ request: { account: ids[0] ?? '', extras: { n: 'x' } } })
    await performer.next(({ kind }) => kind === 'asked')
    while (!readFileSync(log, 'utf8').includes('start')) await new Promise((resolve) => setTimeout(resolve, 5))
    const accounts = await AccountManager.open({ app: { id: 'com.example.chaos' }, directory, keyProvider: fixedKey() })
    const sync = await SyncManager.open({ accounts })
    expect(await sync.getCurrentSyncs()).toMatchObject([{ account: { id: ids[0] }, authority: 'tasks' }])
    expect(await sync.cancelSync({ account: ids[0] ?? '' })).toBe(1)
    expect(await performer.next(({ kind }) => kind === 'outcome')).toEqual({ kind: 'outcome', outcome: 'canceled' })
    await sync.close()
    await accounts.close()
  })
})
