import { type BodyMembers, plainMembers } from './response-body.ts'

/**
 * The member at a path such as `authed_user.id`. Numbers are returned as text, since services number their people.
 *
 * @returns `undefined` when there is no text at the path.
 */
export function textAt(members: BodyMembers, path: string): string | undefined {
  const value = memberAt(members, path)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

/** The object at a path, without a prototype. */
export function objectAt(members: BodyMembers, path: string): BodyMembers | undefined {
  const value = memberAt(members, path)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? plainMembers(value) : undefined
}

function memberAt(members: BodyMembers, path: string): unknown {
  let value: unknown = members
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
