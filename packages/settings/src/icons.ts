import type { AuthenticatorDescription } from '@accountry/accounts'

/** A picture as a browser gets it. */
export interface Icon {
  readonly contentType: string
  readonly bytes: Buffer
}

/** Only pictures, and only those that the description itself holds: the page loads nothing from elsewhere. */
const DATA_URL = /^data:(image\/(?:png|jpeg|gif|webp|svg\+xml))(?:;charset=utf-8)?(;base64)?,/i
const MOST_CHARACTERS = 200_000

/** Whether the type's icon can be shown. */
export function hasIcon(description: AuthenticatorDescription | undefined): boolean {
  const icon = description?.icon
  return icon !== undefined && icon.length <= MOST_CHARACTERS && DATA_URL.test(icon)
}

/** The picture of a `data:` URL; `undefined` for anything else. */
export function iconOf(description: AuthenticatorDescription | undefined): Icon | undefined {
  const icon = description?.icon
  if (icon === undefined || icon.length > MOST_CHARACTERS) return undefined
  const head = DATA_URL.exec(icon)
  const contentType = head?.[1]?.toLowerCase()
  if (head === null || contentType === undefined) return undefined
  const data = icon.slice(head[0].length)
  try {
    const bytes = head[2] === undefined ? Buffer.from(decodeURIComponent(data)) : Buffer.from(data, 'base64')
    return { contentType, bytes }
  } catch {
    return undefined
  }
}
