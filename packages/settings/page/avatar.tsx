import type { JSX } from 'preact'
import { useState } from 'preact/hooks'

const HUES = 8

interface AvatarProps {
  readonly type: string
  readonly label: string
  readonly hasIcon: boolean
  readonly isLarge?: boolean
}

/** The icon of an account type; its first letter on a colour of its own where it has none. */
export function Avatar({ type, label, hasIcon, isLarge = false }: AvatarProps): JSX.Element {
  const [isBroken, setBroken] = useState(false)
  const size = isLarge ? 'avatar avatar-large' : 'avatar'
  if (hasIcon && !isBroken) {
    const source = `type-icon?type=${encodeURIComponent(type)}`
    return <img class={`${size} avatar-image`} src={source} alt="" onError={() => setBroken(true)} />
  }
  return (
    <span class={`${size} hue-${hueOf(type)}`} aria-hidden="true">
      {firstLetter(label)}
    </span>
  )
}

function firstLetter(label: string): string {
  const letter = /[\p{L}\p{N}]/u.exec(label)?.[0] ?? '?'
  return letter.toUpperCase()
}

function hueOf(type: string): number {
  let sum = 0
  for (const character of type) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973
  return sum % HUES
}
