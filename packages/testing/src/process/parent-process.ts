import { BARRIER, isBarrierSignal } from './barrier.ts'
import { MessageQueue } from './message-queue.ts'

/** The test, as a process that it started sees it. */
export interface ParentProcess<Received, Sent> {
  /** Resolves when the message is on its way, so that the process may end afterwards. Anything but `undefined`. */
  send(message: Sent): Promise<void>
  /** The next message, or the next that matches; others stay for later. */
  next(matches?: (message: Received) => boolean): Promise<Received>
  /** Waits at the barrier until the test lets all go. */
  barrier(): Promise<void>
  /** Stops listening, so that the process can end by itself. */
  close(): void
}

/**
 * Connects a process that {@link startProcess} started with the test that started it.
 *
 * @throws TypeError when there is no channel to a parent.
 *
 * @example
 * ```ts
 * const test = connectToTest<Job, string>()
 * await test.barrier()
 * await test.send(await work(await test.next()))
 * test.close()
 * ```
 */
export function connectToTest<Received = unknown, Sent = unknown>(): ParentProcess<Received, Sent> {
  if (process.send === undefined) throw new TypeError('connectToTest: this process was not started by startProcess()')
  const messages = new MessageQueue<Received>()
  const signals = new MessageQueue<string>()
  const listen = (message: unknown): void => {
    if (isBarrierSignal(message)) signals.push(message)
    else messages.push(message as Received)
  }
  const send = (message: unknown): Promise<void> =>
    new Promise((resolve, reject) => {
      process.send?.(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)))
    })
  process.on('message', listen)
  return {
    send,
    next: (matches = () => true) => messages.next(matches),
    async barrier() {
      await send(BARRIER.ready)
      await signals.next((signal) => signal === BARRIER.go)
    },
    close: () => void process.off('message', listen),
  }
}
