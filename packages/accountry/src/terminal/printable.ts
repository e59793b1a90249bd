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

/**
 * JSON as it may be shown in a terminal: the same characters as escapes of JSON, so that whoever parses it gets exactly
 * what was meant. Its own line ends stay.
 */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) => (character === '\n' ? character : escaped(character)))
}

/** As JSON writes it: one escape for each half of what lies beyond the first plane. */
function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`
  }).join('')
}
