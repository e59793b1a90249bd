// Text from a server, a callback or a browser is hostile until it has passed through here: it may forge log lines,
// repaint a terminal, or make one name look like another (docs/requirements.md TK-14).

// Control, format (bidirectional and zero-width among them), lone surrogate and line separator characters.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const ERROR_CODE = /^[\w.:/-]{1,64}$/

/** Longest piece of a server's text that is ever shown. */
export const MAX_DISPLAY_LENGTH = 256

/**
 * Returns server text without control, bidirectional and zero-width characters, cut to 256 characters.
 *
 * @returns `undefined` when nothing printable is left or it is not a string.
 */
export function displayText(value: unknown, maxLength: number = MAX_DISPLAY_LENGTH): string | undefined {
  if (typeof value !== 'string') return undefined
  // Cut before cleaning, so that a megabyte of text costs nothing; twice the length leaves room for what is dropped.
  const cleaned = value
    .slice(0, maxLength * 2)
    .replace(INVISIBLE, ' ')
    .trim()
  return cleaned === '' ? undefined : cleaned.slice(0, maxLength)
}

/**
 * Returns an OAuth error code (RFC 6749 §5.2) when it is one by its characters and its length.
 *
 * @returns `undefined` for objects, long texts and everything that could not be printed as it stands.
 */
export function errorCode(value: unknown): string | undefined {
  return typeof value === 'string' && ERROR_CODE.test(value) ? value : undefined
}
