/** The members of a server's answer, without a prototype: `__proto__` and `constructor` mean nothing in it. */
export type BodyMembers = Readonly<Record<string, unknown>>

/**
 * What the text of an answer turned out to be.
 *
 * - `members`: a JSON object or a form, which is what OAuth answers are made of;
 * - `html`: a page meant for a person, such as a captive portal's;
 * - `empty`;
 * - `unreadable`: anything else, among it JSON that was cut off.
 */
export type ResponseBody =
  | { readonly kind: 'members'; readonly members: BodyMembers }
  | { readonly kind: 'html' | 'empty' | 'unreadable' }

/**
 * Parses the body of a token, device, push or error response.
 *
 * The content type decides nothing on its own: servers label JSON `text/html`, and GitHub answers with a form when
 * it is not asked for JSON.
 */
export function parseBody(text: string, contentType: string | null): ResponseBody {
  const body = text.trim()
  if (body === '') return { kind: 'empty' }
  if (body.startsWith('{')) return parseJson(body)
  if (body.startsWith('<')) return { kind: 'html' }
  if (isForm(body, contentType)) return { kind: 'members', members: parseForm(body) }
  return { kind: contentType?.includes('html') === true ? 'html' : 'unreadable' }
}

/** Copies own members into an object without a prototype and drops the names that could reach one. */
export function plainMembers(value: object): BodyMembers {
  const members: Record<string, unknown> = Object.create(null)
  for (const [name, member] of Object.entries(value)) {
    if (name !== '__proto__' && name !== 'constructor' && name !== 'prototype') members[name] = member
  }
  return members
}

function parseJson(body: string): ResponseBody {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null
      ? { kind: 'members', members: plainMembers(value) }
      : { kind: 'unreadable' }
  } catch {
    return { kind: 'unreadable' }
  }
}

function isForm(body: string, contentType: string | null): boolean {
  if (contentType?.includes('x-www-form-urlencoded') === true) return true
  return /^[\w.~%+-]+=/.test(body) && /(^|&)(access_token|error)=/.test(body)
}

function parseForm(body: string): BodyMembers {
  return plainMembers(Object.fromEntries(new URLSearchParams(body)))
}
