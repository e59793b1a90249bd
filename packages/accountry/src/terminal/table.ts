/** One column of a table: what it shows of a row, and under which heading. */
export interface Column<Row> {
  readonly heading: string
  readonly cell: (row: Row) => string
  readonly align?: 'left' | 'right'
}

export interface TableOptions {
  /** Changes how a heading looks, after it was measured. */
  readonly styleHeading?: (text: string) => string
  /** How many cells a line has. A table that is wider is shown as one block for each row. Default: no limit. */
  readonly width?: number
}

const GAP = '  '

/**
 * Lines up rows under headings. Columns are as wide as their widest cell, in terminal cells and not in characters.
 * The caller makes cells printable.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions = {},
): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)))
  const headings = columns.map(({ heading }) => heading)
  const widths = columns.map((_, index) =>
    Math.max(...[headings, ...cells].map((line) => displayWidth(line[index] ?? ''))),
  )
  const line = (texts: readonly string[], style = (text: string): string => text): string =>
    columns
      .map((column, index) => padded(texts[index] ?? '', widths[index] ?? 0, column.align ?? 'left', style))
      .join(GAP)
      .trimEnd()
  const total = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length)
  if (total > (options.width ?? Number.POSITIVE_INFINITY)) return renderBlocks(headings, cells, options)
  return [line(headings, options.styleHeading), ...cells.map((texts) => line(texts))].join('\n')
}

/** The first cell of each row as its title, the others below it with their headings. */
function renderBlocks(
  [, ...headings]: readonly string[],
  rows: readonly (readonly string[])[],
  { styleHeading = (text) => text }: TableOptions,
): string {
  const width = Math.max(...headings.map(displayWidth))
  const blocks = rows.map(([title = '', ...cells]) => {
    const lines = headings.map((heading, index) =>
      `${GAP}${padded(heading, width, 'left', styleHeading)}${GAP}${cells[index] ?? ''}`.trimEnd(),
    )
    return [title, ...lines].join('\n')
  })
  return blocks.join('\n')
}

function padded(text: string, width: number, align: 'left' | 'right', style: (text: string) => string): string {
  const spaces = ' '.repeat(width - displayWidth(text))
  return align === 'right' ? spaces + style(text) : style(text) + spaces
}

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u

/** How many cells of a terminal the text takes: two for East Asian wide characters and emoji. */
export function displayWidth(text: string): number {
  // Nearly all text is plain ASCII, where a character is a cell.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) width += WIDE.test(segment) ? 2 : 1
  return width
}
