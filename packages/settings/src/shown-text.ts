// Labels, claims and messages come from services and other apps. A browser shows letters of every script safely, but
// control, bidirectional and zero-width characters hide text or make one name look like another.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Longest piece of foreign text that the page shows; longer than any name of an account. */
const MAX_LENGTH = 600

/** Foreign text for the page: what would not be seen is shown as its code point, and what is too long is cut. */
export function shownText(text: string): string {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
  return cut.replace(UNSEEN, (character) =>
    character === '\n' || character === '\t' ? ' ' : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
