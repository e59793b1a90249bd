import { readFileSync } from 'node:fs'
import { ProcessEnded, releaseTogether, startProcess, type TestProcess } from '@accountry/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { WorkerJob } from './programs/worker.ts'

function worker(options: Parameters<typeof startProcess>[2] = {}): TestProcess<WorkerJob, unknown> {
  const child = startProcess<WorkerJob, unknown>(new URL('programs/worker.ts', import.meta.url), [], options)
  onTestFinished(() => child[Symbol.asyncDispose]())
  return child
}

/** A process that was killed and that nobody has buried yet does not run. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const state = process.platform === 'linux' ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] : ''
    return state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}

test('messages keep their types, and those that nobody asked for wait', async () => {
  const child = worker()
  const value = { bytes: new Uint8Array([1, 2]), nothing: undefined, big: 3n }
  child.send({ kind: 'echo', value: 'first' })
  child.send({ kind: 'echo', value })
  expect(await child.next((message) => typeof message === 'object')).toEqual(value)
  expect(await child.next()).toBe('first')
})

test('output is captured, whole and line by line, and the process ends by itself', async () => {
  const child = worker()
  child.send({ kind: 'echo', value: 1 })
  expect(await child.nextLine()).toBe('echo of number')
  child.send({ kind: 'end' })
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stdout).toBe('echo of number\nlast line\n')
})

test('waiting for a process that fails rejects with how it ended and what it wrote', async () => {
  const child = worker()
  const waiting = child.next()
  child.send({ kind: 'fail' })
  await expect(waiting).rejects.toThrow(ProcessEnded)
  await expect(child.next()).rejects.toThrow(/code 1[\s\S]*fails on purpose/)
})

test('a signal ends it, and says so', async () => {
  const child = worker()
  child.send({ kind: 'echo', value: 1 })
  await child.next()
  expect(await child.kill('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' })
  await expect(child.next()).rejects.toMatchObject({ signal: 'SIGTERM' })
})

test('a stopped process goes on after SIGCONT', async () => {
  const child = worker()
  child.send({ kind: 'echo', value: 1 })
  await child.next()
  expect(await child.kill('SIGSTOP')).toBeUndefined()
  child.send({ kind: 'echo', value: 2 })
  await child.kill('SIGCONT')
  expect(await child.next()).toBe(2)
})

test('the environment is added to and taken from', async () => {
  vi.stubEnv('ACCOUNTRY_TEST_TAKEN', 'yes')
  onTestFinished(() => void vi.unstubAllEnvs())
  const child = worker({ env: { ACCOUNTRY_TEST_ADDED: 'new', ACCOUNTRY_TEST_TAKEN: undefined } })
  child.send({ kind: 'environment', name: 'ACCOUNTRY_TEST_ADDED' })
  child.send({ kind: 'environment', name: 'ACCOUNTRY_TEST_TAKEN' })
  expect([await child.next(), await child.next()]).toEqual(['new', 'not there'])
})

test('nobody passes the barrier before all are there', async () => {
  const [first, second] = [worker(), worker()]
  first.send({ kind: 'barrier' })
  await first.ready()
  const passed = first.next().then(() => 'passed')
  second.send({ kind: 'echo', value: 'not there yet' })
  await second.next()
  expect(await Promise.race([passed, Promise.resolve('waiting')])).toBe('waiting')

  const both = [worker(), worker()]
  for (const child of both) child.send({ kind: 'barrier' })
  await releaseTogether(both)
  for (const child of both) expect(await child.next()).toBeTypeOf('number')
})

test('what a process started ends with it', async () => {
  const child = worker()
  child.send({ kind: 'start-grandchild' })
  const grandchild = Number(await child.next())
  expect(isRunning(grandchild)).toBe(true)
  await child.kill('SIGKILL')
  await vi.waitFor(() => expect(isRunning(grandchild)).toBe(false))
})

test('a process ends when the test that started it is killed', async () => {
  const crashing = startProcess(new URL('programs/crashing-test.ts', import.meta.url))
  onTestFinished(() => crashing[Symbol.asyncDispose]())
  const orphan = Number(await crashing.nextLine())
  expect(await crashing.exited).toMatchObject({ signal: 'SIGKILL' })
  await vi.waitFor(() => expect(isRunning(orphan)).toBe(false), { timeout: 10_000 })
})
