export type { ArrangedOutcome, KeyProviderFixture, KeyProviderTraits } from './key-provider-suite.ts'
export { describeKeyProvider } from './key-provider-suite.ts'
export { describeWithSecretService } from './secret-service-suite.ts'
