/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Authentication scheme in lower case, e.g. `bearer`. */
  readonly scheme: string
  /** Parameters by lower-case name, unquoted; of a repeated one the first. */
  readonly params: ReadonlyMap<string, string>
  /** The single opaque value of schemes such as `Negotiate`. */
  readonly token68?: string
}

/** Headers above this many characters are not worth reading: no real challenge is near it. */
export const MAX_CHALLENGE_CHARS = 16_384

const TOKEN = /[!#$%&'*+\-.^_`|~\w]+/y
const TOKEN68 = /[A-Za-z0-9\-._~+/]+=*/y
const SPACES = /[ \t]*/y
const SEPARATORS = /[ \t,]*/y

/**
 * Reads the challenges of a `WWW-Authenticate` header: one line, or several joined by commas as `Headers.get()` does.
 *
 * The grammar is ambiguous at commas, which separate challenges and also the parameters of one. A word followed by
 * `=` continues the challenge at hand, any other word starts a new one.
 *
 * @returns The challenges in order; an empty list when the header is absent, malformed or longer than
 *   {@link MAX_CHALLENGE_CHARS}, so that the answer counts as one without a challenge. Never throws.
 * @see [RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110.html#section-11.6.1)
 */
export function parseChallenges(header: string | undefined): Challenge[] {
  if (header === undefined || header.length > MAX_CHALLENGE_CHARS) return []
  const reader = new HeaderReader(header)
  const challenges: Challenge[] = []
  reader.take(SEPARATORS)
  while (!reader.atEnd) {
    const challenge = readChallenge(reader)
    if (challenge === undefined) return []
    challenges.push(challenge)
  }
  return challenges
}

function readChallenge(reader: HeaderReader): Challenge | undefined {
  const scheme = reader.take(TOKEN)?.toLowerCase()
  if (scheme === undefined) return undefined
  const params = new Map<string, string>()
  const spaces = reader.take(SPACES)
  if (endOfChallenge(reader)) return { scheme, params }
  // What follows a scheme without a space belongs to no rule of the grammar.
  if (spaces === '') return undefined
  const token68 = readToken68(reader)
  if (token68 !== undefined) return { scheme, params, token68 }
  for (let first = true; first || startsParam(reader); first = false) {
    if (!readParam(reader, params)) return undefined
    if (!endOfChallenge(reader)) return undefined
  }
  return { scheme, params }
}

/** Whether the reader is at the end or at a comma; steps over the separators that follow. */
function endOfChallenge(reader: HeaderReader): boolean {
  reader.take(SPACES)
  if (reader.atEnd) return true
  if (reader.peek() !== ',') return false
  reader.take(SEPARATORS)
  return true
}

/** `Negotiate abc==` is a token68; `Bearer realm=abc` begins alike and is none. */
function readToken68(reader: HeaderReader): string | undefined {
  const start = reader.position
  const value = reader.take(TOKEN68)
  if (value !== undefined && endOfChallenge(reader)) return value
  reader.position = start
  return undefined
}

function startsParam(reader: HeaderReader): boolean {
  const start = reader.position
  const found = reader.take(TOKEN) !== undefined && reader.take(SPACES) !== undefined && reader.peek() === '='
  reader.position = start
  return found
}

function readParam(reader: HeaderReader, params: Map<string, string>): boolean {
  const name = reader.take(TOKEN)?.toLowerCase()
  reader.take(SPACES)
  if (name === undefined || reader.peek() !== '=') return false
  reader.position += 1
  reader.take(SPACES)
  const value = reader.peek() === '"' ? readQuoted(reader) : reader.take(TOKEN)
  if (value === undefined) return false
  if (!params.has(name)) params.set(name, value)
  return true
}

function readQuoted(reader: HeaderReader): string | undefined {
  let value = ''
  reader.position += 1
  while (!reader.atEnd) {
    const character = reader.step()
    if (character === '"') return value
    value += character === '\\' ? reader.step() : character
  }
  return undefined
}

class HeaderReader {
  readonly #text: string
  position = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.position >= this.#text.length
  }

  peek(): string {
    return this.#text.charAt(this.position)
  }

  step(): string {
    const character = this.peek()
    this.position += 1
    return character
  }

  /** Takes what a sticky pattern matches here, if it does. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position
    const match = pattern.exec(this.#text)?.[0]
    if (match !== undefined) this.position += match.length
    return match
  }
}
