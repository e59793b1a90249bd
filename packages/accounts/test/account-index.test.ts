import { describe, expect, it } from 'vitest'
import { AccountIndex } from '../src/account-index.ts'
import type { AccountRecord } from '../src/vault/account-records.ts'

function record(id: string, type: string, name: string): AccountRecord {
  return { account: { id, type, name } } as AccountRecord
}

const names = (records: Iterable<AccountRecord>) => [...records].map(({ account }) => account.name)

describe('AccountIndex', () => {
  it('finds accounts by id, by type and by type and name', () => {
    const index = new AccountIndex()
    index.set(record('1', 't', 'ana'))
    index.set(record('2', 'u', 'ana'))
    expect(index.get('2')?.account.type).toBe('u')
    expect(index.find('t', 'ana')?.account.id).toBe('1')
    expect(index.find('v', 'ana')).toBeUndefined()
    expect(names(index.ofType('t'))).toEqual(['ana'])
    expect(names(index.ofType('nobody'))).toEqual([])
  })

  it('forgets the old name of an account that was renamed', () => {
    const index = new AccountIndex()
    index.set(record('1', 't', 'ana'))
    index.set(record('1', 't', 'anna'))
    expect(index.find('t', 'ana')).toBeUndefined()
    expect(index.find('t', 'anna')?.account.id).toBe('1')
    expect(index.size).toBe(1)
  })

  it('keeps a name that was left to another account', () => {
    const index = new AccountIndex()
    index.set(record('1', 't', 'ana'))
    index.set(record('2', 't', 'ben'))
    // The changes of one look arrive account by account: two that swapped their names pass through one name.
    index.set(record('2', 't', 'ana'))
    index.set(record('1', 't', 'ben'))
    expect([index.find('t', 'ana')?.account.id, index.find('t', 'ben')?.account.id]).toEqual(['2', '1'])
    index.delete('1')
    expect([index.find('t', 'ana')?.account.id, index.find('t', 'ben')?.account.id]).toEqual(['2', undefined])
  })

  it('deletes what is there and ignores what is not', () => {
    const index = new AccountIndex()
    index.set(record('1', 't', 'ana'))
    index.delete('1')
    index.delete('1')
    expect([index.size, index.get('1'), index.find('t', 'ana')]).toEqual([0, undefined, undefined])
  })

  it('lists in the order in which it was filled', () => {
    const index = new AccountIndex()
    index.replaceAll([record('3', 't', 'c'), record('1', 't', 'a'), record('2', 'u', 'b')])
    expect(names(index.all())).toEqual(['c', 'a', 'b'])
  })
})
