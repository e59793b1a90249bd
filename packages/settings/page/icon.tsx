import type { JSX } from 'preact'

/** Our own drawings, on a grid of 24, in the colour of the text around them. */
const PATHS = {
  add: 'M12 5v14M5 12h14',
  alert:
    'M12 8v5m0 3.2v.1M10.6 4.1 2.9 17.6A1.6 1.6 0 0 0 4.3 20h15.4a1.6 1.6 0 0 0 1.4-2.4L13.4 4.1a1.6 1.6 0 0 0-2.8 0Z',
  app: 'M5 4h5v5H5zM14 4h5v5h-5zM5 15h5v5H5zM14 15h5v5h-5z',
  back: 'M19 12H5m6-6-6 6 6 6',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  chevron: 'm9 5 7 7-7 7',
  close: 'm6 6 12 12M18 6 6 18',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  external: 'M14 4h6v6m0-6-9 9M18 13v6H5V6h6',
  key: 'M15.5 4a4.5 4.5 0 1 1-3.3 7.6L5 18.8V20h2.5v-2H10v-2h2M16.3 7.7v.1',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  pen: 'm5 19 .8-3.7L16 5l3 3L8.7 18.2zM14 7l3 3',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.6-3.6 3.6-5.5 7.5-5.5s6.9 1.9 7.5 5.5',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.3 15.3 20 20',
  shield: 'M12 3.5 5 6v5.5c0 4.3 2.9 7.4 7 9 4.1-1.6 7-4.7 7-9V6zM9 12l2.2 2.2L15.2 10',
  signIn: 'M14 4h5v16h-5M4 12h10m-4-4 4 4-4 4',
  sync: 'M19 8A8 8 0 0 0 5.3 7M5 16a8 8 0 0 0 13.7 1M19.5 3.5V8H15M4.5 20.5V16H9',
  trash: 'M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 11v5M13.7 11v5',
} as const

export type IconName = keyof typeof PATHS

/** A decoration: whatever it says is also written beside it. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** Turns while something is under way; stands still where people prefer less motion. */
export function Spinner({ size = 18 }: { size?: number }): JSX.Element {
  return (
    <svg class="icon spinner" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d="M12 4a8 8 0 1 1-8 8" />
    </svg>
  )
}
