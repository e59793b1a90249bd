import { randomUUID } from 'node:crypto'
import { type Account, AccountError, SecretInput } from '@accountry/accounts'
import type { QuestionContent, QuestionView } from './model.ts'
import { BadRequest } from './shown-error.ts'

/** What the page may answer. */
export interface Answer {
  readonly values?: Readonly<Record<string, string>> | undefined
  readonly account?: string | undefined
  readonly allowed?: boolean | undefined
}

interface OpenQuestion {
  readonly view: QuestionView
  readonly answer: ((answer: Answer) => void) | undefined
  readonly cancel: (() => void) | undefined
}

/** More open questions than this come from a program that runs wild. */
const MOST_AT_ONCE = 50

/** What waits for the person, in the order of asking. */
export class Questions {
  readonly #open = new Map<string, OpenQuestion>()
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  list(): QuestionView[] {
    return [...this.#open.values()].map(({ view }) => view)
  }

  /** Shows something that needs no answer, until `signal` says that it is not needed any more. */
  show(content: QuestionContent, activity: string | undefined, signal: AbortSignal): void {
    const id = this.#add({ content, activity })
    const end = (): void => this.#remove(id)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  }

  /**
   * Asks and waits.
   *
   * @param read Makes a value of the answer, or throws a BadRequest, which the page is told; the question stays.
   * @throws AccountError `ERR_INTERACTION_CANCELED` when the person gives up, `ERR_ABORTED` when `signal` is aborted.
   */
  async ask<T>(
    content: QuestionContent,
    activity: string | undefined,
    options: { signal: AbortSignal; read: (answer: Answer) => T },
  ): Promise<T> {
    const { signal, read } = options
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const withdraw = (): void =>
      reject(new AccountError('ERR_ABORTED', 'The question was withdrawn', { reason: 'caller' }))
    const id = this.#add({
      content,
      activity,
      answer: (answer) => resolve(read(answer)),
      cancel: () => reject(new AccountError('ERR_INTERACTION_CANCELED', 'Cancelled in the settings page')),
    })
    signal.addEventListener('abort', withdraw, { once: true })
    if (signal.aborted) withdraw()
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', withdraw)
      this.#remove(id)
    }
  }

  answer(id: string, answer: Answer): void {
    const question = this.#open.get(id)
    if (question === undefined) throw new BadRequest('That question was answered or withdrawn already', 404)
    if (question.answer === undefined) throw new BadRequest('That is no question')
    question.answer(answer)
  }

  /** The person gives up, or has seen it. */
  dismiss(id: string): void {
    const question = this.#open.get(id)
    question?.cancel?.()
    this.#remove(id)
  }

  dismissAll(): void {
    for (const id of [...this.#open.keys()]) this.dismiss(id)
  }

  #add(question: {
    content: QuestionContent
    activity: string | undefined
    answer?: (answer: Answer) => void
    cancel?: () => void
  }): string {
    if (this.#open.size >= MOST_AT_ONCE) {
      throw new AccountError('ERR_LIMIT_EXCEEDED', 'Too many questions wait for the person already')
    }
    const id = randomUUID()
    const { content, activity, answer, cancel } = question
    this.#open.set(id, { view: { ...content, id, ...(activity !== undefined && { activity }) }, answer, cancel })
    this.#onChange()
    return id
  }

  #remove(id: string): void {
    if (this.#open.delete(id)) this.#onChange()
  }
}

/** One SecretInput per field of the form. */
export function readForm(
  fields: readonly { readonly name: string; readonly label: string; readonly required?: boolean }[],
  { values }: Answer,
): Record<string, SecretInput> {
  const given = new Map(Object.entries(values ?? {}))
  const read: Record<string, SecretInput> = Object.create(null)
  for (const { name, label, required } of fields) {
    const value = given.get(name) ?? ''
    if (required === true && value === '') throw new BadRequest(`Please fill in ${label}`)
    read[name] = new SecretInput(value)
  }
  return read
}

export function readChoice(candidates: readonly Account[], { account }: Answer): Account {
  const chosen = candidates.find(({ id }) => id === account)
  if (chosen === undefined) throw new BadRequest('Please choose one of the accounts')
  return chosen
}
