/** Random numbers that a seed repeats, so that a run that found something can be run again. */
export interface Random {
  /** In [0, 1). */
  next(): number
  /** A whole number in [0, end). */
  below(end: number): number
}

/** mulberry32: small, fast, and good enough to choose when to kill. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return { next, below: (end) => Math.floor(next() * end) }
}
