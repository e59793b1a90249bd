import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventStreamParser, type ServerSentEvent } from '../src/push/event-stream.ts'

describe('an event stream', () => {
  function parsed(...chunks: string[]): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    const parser = new EventStreamParser((event) => events.push(event))
    for (const chunk of chunks) parser.push(Buffer.from(chunk))
    return events
  }

  it.each<[string, Partial<ServerSentEvent>[]]>([
    ['data: one\n\n', [{ event: 'message', data: 'one', id: '' }]],
    ['data:one\ndata:  two\n\n', [{ data: 'one\n two' }]],
    ['event: add\ndata: x\n\ndata: y\n\n', [{ event: 'add' }, { event: 'message' }]],
    ['id: 1\ndata: x\n\ndata: y\n\n', [{ id: '1' }, { id: '1' }]],
    [': comment\n\n', []],
    ['event: lonely\n\n', []],
    ['data\n\n', [{ data: '' }]],
    ['data: unfinished', []],
    ['data: x\r\n\r\ndata: y\r\rdata: z\n\n', [{ data: 'x' }, { data: 'y' }, { data: 'z' }]],
  ])('%j is read as the standard says', (text, expected) => {
    expect(parsed(text)).toMatchObject(expected)
  })

  it('is read the same however it is cut', () => {
    const text = 'id: 9\r\nevent: a\rdata: ü\ndata: €\r\n\r\n: c\r\n\r\ndata: z\n\n'
    const whole = parsed(text)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: Buffer.byteLength(text) }), { maxLength: 12 }), (cuts) => {
        const bytes = Buffer.from(text)
        const events: ServerSentEvent[] = []
        const parser = new EventStreamParser((event) => events.push(event))
        let from = 0
        for (const cut of [...cuts.sort((one, other) => one - other), bytes.length]) {
          parser.push(bytes.subarray(from, cut))
          from = cut
        }
        expect(events).toEqual(whole)
      }),
    )
    expect(whole).toEqual([
      { event: 'a', data: 'ü\n€', id: '9' },
      { event: 'message', data: 'z', id: '9' },
    ])
  })

  it('may say how long to wait, and a message without end is refused', () => {
    const parser = new EventStreamParser(() => undefined)
    parser.push(Buffer.from('retry: 2500\nretry: x\n'))
    expect(parser.retryMs).toBe(2_500)
    expect(() => parser.push(Buffer.from(`data: ${'x'.repeat(2_000_000)}`))).toThrow(RangeError)
  })
})
