import * as accounts from '@accountry/accounts'
import * as http from '@accountry/http'
import * as keychain from '@accountry/keychain'
import * as oauth from '@accountry/oauth'
import * as google from '@accountry/oauth/providers/google'
import * as sync from '@accountry/sync'
import * as accountry from 'accountry'
import * as accountryHttp from 'accountry/http'
import * as accountryKeychain from 'accountry/keychain'
import * as accountryGoogle from 'accountry/providers/google'
import { describe, expect, test } from 'vitest'

describe('an app imports nothing but accountry', () => {
  test.each([
    ['accountry', accountry, { ...accounts, ...oauth, ...sync }],
    ['accountry/keychain', accountryKeychain, keychain],
    ['accountry/http', accountryHttp, http],
    ['accountry/providers/google', accountryGoogle, google],
  ])('%s hands on everything', (_name, entry, contents) => {
    const handedOn = new Map(Object.entries(entry))
    expect(Object.entries(contents).flatMap(([name, value]) => (handedOn.get(name) === value ? [] : name))).toEqual([])
  })
})
