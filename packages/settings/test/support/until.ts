/** Asks again until the answer is good; what is waited for happens by itself soon. */
export async function until<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (isGood(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
