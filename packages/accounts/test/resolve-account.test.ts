import { describe, expect, it } from 'vitest'
import { resolveFrom } from '../src/resolve-account.ts'

const ana = { id: '11aa', type: 't', name: 'ana@example.com' }
const ben = { id: '22bb', type: 't', name: 'ben@example.com' }
const benedict = { id: '33cc', type: 't', name: 'ben@example.com.au' }
const long = { id: '0123-4567', type: 't', name: 'zoe' }
const all = [ana, ben, benedict]

describe('which account is meant', () => {
  it.each([
    ['no account at all', [], undefined, undefined, 'no_account of 0'],
    ['the only one', [ana], undefined, undefined, ana.name],
    ['the default among several', all, undefined, ben.id, ben.name],
    ['a default that is not there any more', all, undefined, 'gone', 'several_accounts of 3'],
    ['several without a default', all, undefined, undefined, 'several_accounts of 3'],
    ['a hint that is an id', all, '33cc', undefined, benedict.name],
    ['a hint that is a name', all, 'ana@example.com', undefined, ana.name],
    ['a hint that is the name of one and the beginning of another', all, 'ben@example.com', undefined, ben.name],
    ['a hint that is the beginning of one name', all, 'an', undefined, ana.name],
    ['a hint that is the beginning of one id', [ana, long], '0123-456', undefined, long.name],
    ['a hint that is the beginning of one id, but too short to be meant', all, '33', undefined, 'no_account of 3'],
    [
      'a hint that begins a name before it begins an id',
      [long, { ...ana, name: '0123-456@x' }],
      '0123-456',
      undefined,
      '0123-456@x',
    ],
    ['a hint that fits several', all, 'ben', undefined, 'several_accounts of 2'],
    ['a hint that fits none is answered with nobody else', all, 'cem', undefined, 'no_account of 3'],
    ['a hint that fits none, although there is only one', [ana], 'cem', undefined, 'no_account of 1'],
    ['a hint beats the default', all, 'ana', ben.id, ana.name],
    ['a hint in another Unicode form', [{ ...ana, name: 'Zoë' }], 'Zoe\u0308', undefined, 'Zoë'],
  ])('%s', (_case, accounts, hint, preferred, expected) => {
    const found = resolveFrom(accounts, hint, preferred)
    expect(found.kind === 'found' ? found.account.name : `${found.reason} of ${found.candidates.length}`).toBe(expected)
  })
})
