import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { AccountManager } from '@accountry/accounts'
import { SyncManager } from '@accountry/sync'
import { connectToTest } from '@accountry/testing'
import { fixedKey } from './fixed-key.ts'

/** What a test tells a worker to do. */
export interface WorkerJob {
  /** Folder of the vault. */
  readonly directory: string
  /** Where runs and accepted requests are written down, a line each. */
  readonly log: string
  readonly name: string
  /** Serve the adapter. Without it the worker only asks. */
  readonly serves: boolean
  /** Ask for random targets, so many at a time, until told to stop. */
  readonly asks: number
  readonly runMs: number
}

export type WorkerCommand = 'stop-asking' | 'drain' | { request: { account: string; extras: object } }
export type WorkerMessage = { kind: 'ready' | 'drained' } | { kind: 'outcome'; outcome: string } | { kind: 'asked' }

/** Monotonic time of the machine, the same for all of its processes. */
const now = (): string => process.hrtime.bigint().toString()

const parent = connectToTest<WorkerJob | WorkerCommand, WorkerMessage>()
const job = (await parent.next()) as WorkerJob
const write = (...fields: unknown[]): void => appendFileSync(job.log, `${fields.join(' ')}\n`)

const accounts = await AccountManager.open({
  app: { id: 'com.example.chaos' },
  directory: job.directory,
  keyProvider: fixedKey(),
  authenticators: [
    {
      description: { type: 'com.example', label: 'Example' },
      addAccount: async () => ({ name: 'x' }),
      getAuthToken: async () => ({ value: 'token' }),
    },
  ],
})
const sync = await SyncManager.open({ accounts, concurrency: { regular: 8 } })
if (job.serves) {
  sync.registerAdapter({
    accountType: 'com.example',
    authority: 'tasks',
    isAlwaysSyncable: true,
    allowParallelSyncs: true,
    async onPerformSync({ account, extras, signal }) {
      const run = `${process.pid}-${now()}`
      write('start', now(), job.name, account.id, extras['n'] ?? '-', run)
      await delay(Math.random() * job.runMs, undefined, { signal })
      write('end', now(), job.name, account.id, extras['n'] ?? '-', run)
    },
  })
  sync.start()
}
await parent.send({ kind: 'ready' })

const everyone = (await accounts.getAccounts()).map(({ id }) => id)
let asking = job.asks > 0

/** Asks for a few targets at a time; what was accepted is written down after it is stored. */
async function ask(): Promise<void> {
  for (let n = 0; asking; n++) {
    const asked = Array.from({ length: job.asks }, (_, index) => {
      const account = everyone[Math.floor(Math.random() * everyone.length)] ?? ''
      const id = `${job.name}.${process.pid}.${n}.${index}`
      const extras = index % 4 === 0 ? { n: id } : {}
      const at = now()
      const { accepted } = sync.requestSync({ account, authority: 'tasks', extras, manual: true })
      return accepted.then(() => write('accepted', at, job.name, account, extras.n ?? '-'))
    })
    await Promise.all(asked)
    await delay(5)
  }
}

async function obey(): Promise<void> {
  for (;;) {
    const command = (await parent.next()) as WorkerCommand
    if (command === 'stop-asking') asking = false
    else if (command === 'drain') {
      while ((await sync.getPendingSyncs({ limit: 1 })).length > 0 || (await sync.getCurrentSyncs()).length > 0) {
        await delay(50)
      }
      await parent.send({ kind: 'drained' })
      break
    } else {
      const { request } = command
      const { done } = sync.requestSync({ ...request, authority: 'tasks', manual: true } as never)
      void done.then(({ outcome }) => parent.send({ kind: 'outcome', outcome }))
      await parent.send({ kind: 'asked' })
    }
  }
}

const asked = ask()
await obey()
await asked
await sync.close()
await accounts.close()
parent.close()
