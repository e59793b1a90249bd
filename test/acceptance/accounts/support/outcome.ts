import { isAccountError } from '@accountry/accounts'

/** How a call ended: `ok`, or the code and reason of what it rejected with, or the name of another error. */
export async function outcomeOf(call: Promise<unknown> | (() => Promise<unknown>)): Promise<string> {
  try {
    await (typeof call === 'function' ? call() : call)
    return 'ok'
  } catch (error) {
    if (!isAccountError(error)) return error instanceof Error ? error.name : String(error)
    return [error.code, error.reason].filter((part) => part !== undefined).join(' ')
  }
}

/** What a promise that was given a callback did with it. */
export interface Continuation<T> {
  readonly results: T[]
  readonly errors: unknown[]
}

/** Gives a promise callbacks, as Android's futures have them, and writes down how often they run and with what. */
export function continuationOf<T>(call: Promise<T>): Continuation<T> {
  const continuation: Continuation<T> = { results: [], errors: [] }
  call.then(
    (result) => continuation.results.push(result),
    (error: unknown) => continuation.errors.push(error),
  )
  return continuation
}

/** Lets everything that is already on its way run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}
