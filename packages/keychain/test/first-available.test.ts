import { describe, expect, it } from 'vitest'
import { environmentKey, fileKey, firstAvailable, osKeychain, passphraseKey, volatileKey } from '../src/index.ts'

const environment = environmentKey({ variable: 'VAULT_KEY', environment: {} })
const passphrase = passphraseKey({ prompt: async () => 'x' })

describe('firstAvailable', () => {
  it('shows its rungs in order, with nested ladders flattened', () => {
    const keychain = osKeychain()
    const ladder = firstAvailable([keychain, firstAvailable([environment, passphrase]), volatileKey()])
    expect(ladder.kind).toBe('store')
    expect(ladder.ladder?.map(({ id }) => id)).toEqual([
      'os-keychain',
      'environment:VAULT_KEY',
      'passphrase',
      'volatile',
    ])
    expect(ladder.ladder?.[0]).toBe(keychain)
  })

  it('claims no better protection than its weakest rung has', () => {
    expect(firstAvailable([volatileKey(), passphrase]).protection).toBe('passphrase')
    expect(firstAvailable([fileKey({ path: 'x' }), volatileKey()]).protection).toBe('none')
    expect(firstAvailable([volatileKey()]).protection).toBe('os-user')
  })

  it('keeps no key itself and says who resolves it', async () => {
    const ladder = firstAvailable([volatileKey()])
    for (const call of [ladder.load('a'), ladder.store('a', new Uint8Array(32)), ladder.delete('a')]) {
      await expect(call).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
        message: expect.stringContaining('AccountManager.open'),
      })
    }
  })

  it('cannot be changed after it was made', () => {
    const rungs = [volatileKey()]
    const ladder = firstAvailable(rungs)
    rungs.length = 0
    expect(ladder.ladder).toHaveLength(1)
    expect(Object.isFrozen(ladder.ladder)).toBe(true)
  })

  it('refuses an empty list, two rungs with one id, and what is no provider with a TypeError', () => {
    expect(() => firstAvailable([])).toThrow(/at least one/)
    expect(() => firstAvailable([volatileKey(), firstAvailable([volatileKey()])])).toThrow(/"volatile"/)
    expect(() => firstAvailable(volatileKey() as never)).toThrow(TypeError)
    for (const bad of [undefined, null, 'volatile', {}, { id: 7 }])
      expect(() => firstAvailable([bad as never])).toThrow(TypeError)
  })
})
