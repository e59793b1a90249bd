/** Answers that no honest plugin gives. Pass the functions as scripted answers. */

/** Never answers, and looks at no signal. */
export function neverAnswers(): Promise<never> {
  return new Promise(() => undefined)
}

/** Answers `first` and then, as a broken callback does, `second` and an error. Only the first may count. */
export function answersTwice(first: unknown, second: unknown): () => object {
  return () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable of the plugin's own is what is being tried
    then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
      resolve(first)
      resolve(second)
      reject(new Error('answered already'))
    },
  })
}

/** Answers an object that contains itself, with `fields` beside it. */
export function answersCyclic(fields: object = {}): () => object {
  return () => {
    const cyclic: Record<string, unknown> = { ...fields }
    cyclic['self'] = cyclic
    cyclic['claims'] = cyclic
    return cyclic
  }
}

/** Answers an object in which every one of `names` is a text of `bytes` letters. */
export function answersHuge(names: readonly string[], bytes: number): () => object {
  return () => Object.fromEntries(names.map((name) => [name, 'x'.repeat(bytes)]))
}

/** Answers an object whose properties throw when they are read. */
export function answersThrowingGetters(names: readonly string[], message: string = 'read me not'): () => object {
  return () => {
    const answer = {}
    for (const name of names) {
      Object.defineProperty(answer, name, {
        enumerable: true,
        get() {
          throw new Error(message)
        },
      })
    }
    return answer
  }
}

/** Answers an object whose property is another value at each reading: `values`, then the last one again. */
export function answersChanging(name: string, values: readonly unknown[]): () => object {
  return () => {
    let reads = 0
    return Object.defineProperty({}, name, {
      enumerable: true,
      get: () => values[Math.min(reads++, values.length - 1)],
    })
  }
}
