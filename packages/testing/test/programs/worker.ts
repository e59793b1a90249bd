import { spawn } from 'node:child_process'
import { connectToTest } from '@accountry/testing'

export type WorkerJob =
  | { readonly kind: 'echo'; readonly value: unknown }
  | { readonly kind: 'fail' }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'start-grandchild' }
  | { readonly kind: 'barrier' }
  | { readonly kind: 'end' }

/** Does what the test says, one job after the other. */
const test = connectToTest<WorkerJob, unknown>()

async function main(): Promise<void> {
  for (;;) {
    const job = await test.next()
    if (job.kind === 'end') break
    if (job.kind === 'fail') throw new Error('this worker fails on purpose')
    await test.send(await answer(job))
  }
  console.log('last line')
  test.close()
}

async function answer(job: Exclude<WorkerJob, { kind: 'end' | 'fail' }>): Promise<unknown> {
  switch (job.kind) {
    case 'echo':
      console.log(`echo of ${typeof job.value}`)
      return job.value
    case 'environment':
      return process.env[job.name] ?? 'not there'
    case 'start-grandchild':
      return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }).pid
    case 'barrier':
      await test.barrier()
      return performance.timeOrigin + performance.now()
  }
}

await main()
