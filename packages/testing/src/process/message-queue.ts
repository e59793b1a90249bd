/** Messages in the order of arrival, each taken once. */
export class MessageQueue<Message> {
  readonly #messages: Message[] = []
  readonly #waiting = new Set<Waiter<Message>>()
  #end: Error | undefined

  push(message: Message): void {
    for (const waiter of this.#waiting) {
      if (!waiter.matches(message)) continue
      this.#waiting.delete(waiter)
      waiter.resolve(message)
      return
    }
    this.#messages.push(message)
  }

  /** From now on nothing arrives; who waits or comes later gets this error. */
  end(error: Error): void {
    this.#end = error
    for (const waiter of this.#waiting) waiter.reject(error)
    this.#waiting.clear()
  }

  /** The first message that matches, of those that nobody has taken; others stay. */
  next(matches: (message: Message) => boolean): Promise<Message> {
    const index = this.#messages.findIndex(matches)
    const [found] = index < 0 ? [] : this.#messages.splice(index, 1)
    if (found !== undefined) return Promise.resolve(found)
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return new Promise((resolve, reject) => this.#waiting.add({ matches, resolve, reject }))
  }
}

interface Waiter<Message> {
  readonly matches: (message: Message) => boolean
  readonly resolve: (message: Message) => void
  readonly reject: (error: Error) => void
}
