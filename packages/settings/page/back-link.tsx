import type { JSX } from 'preact'
import { Icon } from './icon.tsx'

export function BackLink(): JSX.Element {
  return (
    <nav aria-label="Back">
      <a class="back" href="#accounts">
        <Icon name="back" size={18} />
        All accounts
      </a>
    </nav>
  )
}
