import { AccountError } from '@accountry/accounts'

/** What `work` is given up with when its time is over. */
export class Overdue extends Error {
  constructor() {
    super('the deadline passed')
    this.name = 'Overdue'
  }
}

/**
 * Runs `work` with a signal that is aborted after `deadlineMs` or with `signal`, whichever comes first, and stops
 * waiting then, also for work that heeds no signal. The timer keeps no process alive.
 *
 * @throws {@link Overdue} at the deadline; AccountError `ERR_ABORTED` when `signal` is aborted.
 */
export async function withinDeadline<T>(
  deadlineMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new Overdue()), deadlineMs)
  timer.unref()
  try {
    return await abortable(controller, signal, work)
  } finally {
    clearTimeout(timer)
  }
}

/** As {@link withinDeadline}, for work that may take as long as it likes. */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return await abortable(new AbortController(), signal, work)
}

async function abortable<T>(
  controller: AbortController,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal)
  const onAbort = (): void => controller.abort(aborted())
  signal?.addEventListener('abort', onAbort, { once: true })
  const over = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true })
  })
  try {
    return await Promise.race([work(controller.signal), over])
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/** @throws AccountError `ERR_ABORTED` when `signal` is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw aborted()
}

function aborted(): AccountError {
  return new AccountError('ERR_ABORTED', 'the request for the key was aborted', { reason: 'caller' })
}
