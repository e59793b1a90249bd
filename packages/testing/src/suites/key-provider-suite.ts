import type { KeyProvider } from '@accountry/accounts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Fresh, KeyProviderFixture, KeyProviderTraits } from './key-provider-fixture.ts'
import { describeStoring } from './key-provider-storing.ts'
import { describeWrapping } from './key-provider-wrapping.ts'

/**
 * The specification of a {@link KeyProvider} as vitest tests: call it in a test file of the provider's package.
 *
 * `factory` is called for each test; a provider alone is enough, a fixture lets the suite test more. Names are random,
 * so the store may outlive a test.
 *
 * @example
 * ```ts
 * describeKeyProvider('my KMS', () => createKmsKey({ keyId }), { kind: 'wrap' })
 * ```
 */
export function describeKeyProvider(
  name: string,
  factory: () => KeyProvider | KeyProviderFixture | Promise<KeyProvider | KeyProviderFixture>,
  traits: KeyProviderTraits = {},
): void {
  const { kind = 'store', readOnly = false, outcomes = [] } = traits
  describe(`${name}, as a key provider`, () => {
    let fixture: KeyProviderFixture
    beforeEach(async () => {
      const made = await factory()
      fixture = 'provider' in made ? made : { provider: made }
    })
    afterEach(async () => {
      await fixture.close?.()
    })
    const fresh: Fresh = () => fixture

    it('has a stable id, its kind and a protection', () => {
      const { id, protection } = fixture.provider
      expect(id).toMatch(/./)
      expect(fixture.provider.id).toBe(id)
      expect(fixture.provider.kind).toBe(kind)
      expect(['os-acl', 'os-user', 'passphrase', 'none']).toContain(protection)
    })
    if (kind === 'wrap') describeWrapping(fresh, outcomes)
    else describeStoring(fresh, readOnly, outcomes)
  })
}
