export type {
  FakeKeyControls,
  FakeKeyOutcome,
  FakeKeyProviderOptions,
  FakeKeyRequest,
  FakeStoreKeyProvider,
  FakeWrapKeyProvider,
} from './fake-key-provider.ts'
export { createFakeKeyProvider } from './fake-key-provider.ts'
export type { SecretServiceOptions, TestSecretService } from './secret-service.ts'
export { missingSecretServiceTools, startSecretService } from './secret-service.ts'
