import { AccountError, accountErrorFrom } from '@accountry/accounts/contract'
import type { Answer, BridgeCall, CallAnswer, CallRequest, WireError } from '../bridge/calls.ts'
import type { ExposedAccounts } from '../bridge/exposed-accounts.ts'

/** Calls the main process through what the preload script exposed, and makes errors of its answers again. */
export class BridgeLink {
  readonly #exposed: ExposedAccounts
  readonly #prefix: string
  #calls = 0

  constructor(exposed: ExposedAccounts) {
    this.#exposed = exposed
    // Several clients of one page share the main process's list of calls.
    this.#prefix = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join('')
  }

  get exposed(): ExposedAccounts {
    return this.#exposed
  }

  /** @param signal Ends the call in the main process too. */
  async call<Name extends BridgeCall>(
    name: Name,
    request: CallRequest<Name>,
    signal?: AbortSignal | undefined,
  ): Promise<CallAnswer<Name>> {
    if (signal?.aborted === true) throw aborted(name)
    const id = `${this.#prefix}-${this.#calls++}`
    const cancel = (): void => void this.#exposed.cancel(id).catch(() => undefined)
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const ask = this.#exposed[name] as (request: unknown, id: string) => Promise<Answer<CallAnswer<Name>>>
      return unwrapped(await answered(ask(request, id)))
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }
}

async function answered<Value>(answer: Promise<Answer<Value>>): Promise<Answer<Value>> {
  try {
    return await answer
  } catch {
    // Electron rejects where nobody handles the channel: the app serves no accounts, or not any more.
    throw new AccountError('ERR_CLOSED', 'the main process of the app serves no accounts now')
  }
}

function unwrapped<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value
  throw errorFrom(answer.error)
}

function errorFrom(error: WireError): Error {
  if (error.name === 'TypeError') return new TypeError(error.message)
  if (error.name === 'RangeError') return new RangeError(error.message)
  return accountErrorFrom(error)
}

function aborted(name: string): AccountError {
  return new AccountError('ERR_ABORTED', `${name} was aborted before it began`, { reason: 'caller' })
}
