// Control, bidirectional, zero-width and unassigned-looking characters: they repaint a terminal, hide text or make one
// name look like another. `Cf` holds the bidirectional and zero-width ones, `Zl` and `Zp` the separators of lines.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Text from a service or a vault as it may be shown in a terminal: what would not be seen is shown as its code point,
 * e.g. `\u{1b}`, so that nothing is hidden either.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
