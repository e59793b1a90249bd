import * as accounts from '@accountry/accounts'
import * as http from '@accountry/http'
import * as keychain from '@accountry/keychain'
import * as oauth from '@accountry/oauth'
import * as sync from '@accountry/sync'
import * as accountry from 'accountry'
import * as accountryHttp from 'accountry/http'
import * as accountryKeychain from 'accountry/keychain'
import { describe, expect, test } from 'vitest'
import oauthPackage from '../../oauth/package.json' with { type: 'json' }

describe('an app imports nothing but accountry', () => {
  test.each([
    ['accountry', accountry, { ...accounts, ...oauth, ...sync }],
    ['accountry/keychain', accountryKeychain, keychain],
    ['accountry/http', accountryHttp, http],
  ])('%s hands on everything', (_name, entry, contents) => {
    const handedOn = new Map(Object.entries(entry))
    expect(Object.entries(contents).flatMap(([name, value]) => (handedOn.get(name) === value ? [] : name))).toEqual([])
  })

  const providers = Object.keys(oauthPackage.exports).filter((path) => path.startsWith('./providers/'))

  test.each(providers)('accountry hands on %s', async (path) => {
    const name = path.slice(2)
    const [contents, entry] = await Promise.all([import(`@accountry/oauth/${name}`), import(`accountry/${name}`)])
    expect(Object.keys(contents)).not.toEqual([])
    // By name: the test runner loads a module whose name is computed a second time, so functions differ.
    expect(Object.keys(entry).sort()).toEqual(Object.keys(contents).sort())
  })
})
