import { describe, expect, test } from 'vitest'
import { displayWidth, renderTable } from '../src/terminal/table.ts'

const columns = [
  { heading: 'NAME', cell: ({ name }: { name: string; count: number }) => name },
  { heading: 'N', cell: ({ count }: { name: string; count: number }) => String(count), align: 'right' as const },
]

describe('renderTable', () => {
  test('lines columns up and leaves no space at the end', () => {
    const rows = [
      { name: 'ana', count: 1 },
      { name: 'benedikt', count: 200 },
    ]
    expect(renderTable(columns, rows)).toBe(['NAME        N', 'ana         1', 'benedikt  200'].join('\n'))
  })

  test('counts wide characters as two cells', () => {
    expect(renderTable(columns, [{ name: '山田', count: 7 }])).toBe('NAME  N\n山田  7')
    expect(displayWidth('👍a')).toBe(3)
    expect(displayWidth('é')).toBe(1)
  })

  test('measures headings before they are styled', () => {
    const styled = renderTable(columns, [{ name: 'a', count: 1 }], { styleHeading: (text) => `<${text}>` })
    expect(styled).toBe('<NAME>  <N>\na     1')
  })
})
