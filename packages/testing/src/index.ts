export type { AuthorizationServer } from './authorization-server/authorization-server.ts'
export { startAuthorizationServer } from './authorization-server/authorization-server.ts'
export type {
  ControlAnswer,
  ControlCall,
  ControlCalls,
  ControlRequest,
  RemoteFault,
  ServerAddress,
} from './authorization-server/control.ts'
export type { Fault, FaultKind, Faults } from './authorization-server/faults.ts'
export type { MintOptions } from './authorization-server/grants.ts'
export type {
  AuthorizationServerFeatures,
  AuthorizationServerOptions,
  TestResource,
  TestUser,
} from './authorization-server/options.ts'
export type { Endpoint, RecordedRequest } from './authorization-server/recorded-request.ts'
export type { RemoteAuthorizationServer, RemoteFaults } from './authorization-server/remote-server.ts'
export { startRemoteAuthorizationServer } from './authorization-server/remote-server.ts'
export type { JwtOptions } from './authorization-server/signing-key.ts'
export type { Canaries, ScannedProcess, ScanTargets } from './canary/canaries.ts'
export { createCanaries } from './canary/canaries.ts'
export type { CanaryFinding } from './canary/needles.ts'
export type { HoldOptions, ScriptedAnswer } from './fakes/call-script.ts'
export type {
  FakeAuthenticator,
  FakeAuthenticatorAnswer,
  FakeAuthenticatorCall,
  FakeAuthenticatorMethod,
  FakeAuthenticatorScript,
} from './fakes/fake-authenticator.ts'
export { createFakeAuthenticator } from './fakes/fake-authenticator.ts'
export type { AccountBehaviour } from './fakes/fake-authenticator-answers.ts'
export type { FakeClock } from './fakes/fake-clock.ts'
export { createFakeClock } from './fakes/fake-clock.ts'
export type {
  FakeInteraction,
  FakeInteractionAnswer,
  FakeInteractionMethod,
  FakeInteractionRequest,
  FakeInteractionScript,
} from './fakes/fake-interaction.ts'
export { createFakeInteraction } from './fakes/fake-interaction.ts'
export type {
  FakeKeyControls,
  FakeKeyOutcome,
  FakeKeyProviderOptions,
  FakeKeyRequest,
  FakeStoreKeyProvider,
  FakeWrapKeyProvider,
} from './fakes/fake-key-provider.ts'
export { createFakeKeyProvider } from './fakes/fake-key-provider.ts'
export type { FakeSyncAdapter, FakeSyncAdapterOptions, FakeSyncRun, SyncStep } from './fakes/fake-sync-adapter.ts'
export { createFakeSyncAdapter } from './fakes/fake-sync-adapter.ts'
export type { FakeSyncEnvironment } from './fakes/fake-sync-environment.ts'
export { createFakeSyncEnvironment } from './fakes/fake-sync-environment.ts'
export {
  answersChanging,
  answersCyclic,
  answersHuge,
  answersThrowingGetters,
  answersTwice,
  neverAnswers,
} from './fakes/hostile-answers.ts'
export type { TestManager, TestManagerOptions } from './open-test-manager.ts'
export { openTestManager } from './open-test-manager.ts'
export type { ParentProcess } from './process/parent-process.ts'
export { connectToTest } from './process/parent-process.ts'
export type { ProcessExit, StartProcessOptions, TestProcess } from './process/test-process.ts'
export { ProcessEnded, releaseTogether, startProcess } from './process/test-process.ts'
export type { CertificateRequest, TestCertificate } from './scripted-server/certificate-authority.ts'
export { CertificateAuthority } from './scripted-server/certificate-authority.ts'
export type { ScriptedServer, ScriptedServerOptions } from './scripted-server/scripted-server.ts'
export { startScriptedServer } from './scripted-server/scripted-server.ts'
export type { ReceivedRequest, ServerAnswer, ServerAnswerFor } from './scripted-server/server-answer.ts'
export type { SecretServiceOptions, TestSecretService } from './secret-service.ts'
export { missingSecretServiceTools, startSecretService } from './secret-service.ts'
export type { SyncTestDriverOptions } from './sync-test-driver.ts'
export { SyncTestDriver } from './sync-test-driver.ts'
export type { Task, TaskApiOptions, TaskApiRequest } from './task-api.ts'
export { startTaskApi, TaskApi } from './task-api.ts'
