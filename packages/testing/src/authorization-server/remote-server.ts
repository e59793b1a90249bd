import { createRequire } from 'node:module'
import type { InteractionHandler } from '@accountry/accounts'
import { startProcess, type TestProcess } from '../process/test-process.ts'
import type { ControlAnswer, ControlCall, ControlCalls, ControlRequest, RemoteFault, ServerAddress } from './control.ts'
import type { InFlight } from './front.ts'
import type { MintOptions } from './grants.ts'
import type { AuthorizationServerOptions } from './options.ts'
import type { Endpoint, RecordedRequest } from './recorded-request.ts'
import { scriptedBrowser, signInAt } from './scripted-browser.ts'

export interface RemoteFaults {
  next(endpoint: Endpoint, fault: RemoteFault): Promise<void>
  /** Until {@link RemoteFaults.clear}. */
  always(endpoint: Endpoint, fault: RemoteFault): Promise<void>
  clear(): Promise<void>
  pending(): Promise<number>
}

/** The same server as {@link AuthorizationServer}, in a process of its own. Everything takes a promise. */
export class RemoteAuthorizationServer implements AsyncDisposable {
  readonly issuer: string
  readonly clientId: string
  readonly confidentialClient: { readonly clientId: string; readonly clientSecret: string }
  readonly audience: string
  /** {@link Faults}, without those that need a function or a promise. */
  readonly faults: RemoteFaults = {
    next: (endpoint, fault) => this.#call('nextFault', endpoint, fault),
    always: (endpoint, fault) => this.#call('alwaysFault', endpoint, fault),
    clear: () => this.#call('clearFaults'),
    pending: () => this.#call('pendingFaults'),
  }
  readonly #process: TestProcess<ControlRequest, ControlAnswer>
  #lastId = 0

  constructor(process: TestProcess<ControlRequest, ControlAnswer>, address: ServerAddress) {
    this.#process = process
    this.issuer = address.issuer
    this.clientId = address.clientId
    this.confidentialClient = address.confidentialClient
    this.audience = address.audience
  }

  get pid(): number {
    return this.#process.pid
  }

  requests(): Promise<readonly RecordedRequest[]> {
    return this.#call('requests')
  }

  async requestsTo(endpoint: Endpoint, grantType?: string): Promise<readonly RecordedRequest[]> {
    const requests = await this.requests()
    return requests.filter(
      (request) => request.endpoint === endpoint && (grantType === undefined || request.grantType === grantType),
    )
  }

  clearRequests(): Promise<void> {
    return this.#call('clearRequests')
  }

  inFlight(): Promise<Readonly<InFlight>> {
    return this.#call('inFlight')
  }

  setUser(user: string): Promise<void> {
    return this.#call('setUser', user)
  }

  setConsent(consent: 'allow' | 'deny'): Promise<void> {
    return this.#call('setConsent', consent)
  }

  /** A browser that signs in by itself. @param user Default: who signs in next at the server. */
  browser(user?: string): InteractionHandler {
    return scriptedBrowser(this.issuer, () => user)
  }

  async signIn(url: URL | string, user?: string): Promise<URL> {
    return await signInAt(this.issuer, url, user)
  }

  mintRefreshToken(options?: MintOptions): Promise<string> {
    return this.#call('mintRefreshToken', options)
  }

  isRefreshTokenAlive(refreshToken: string): Promise<boolean> {
    return this.#call('isRefreshTokenAlive', refreshToken)
  }

  revokeGrant(refreshToken: string): Promise<void> {
    return this.#call('revokeGrant', refreshToken)
  }

  approveDevice(userCode: string, user?: string): Promise<void> {
    return this.#call('approveDevice', userCode, user)
  }

  denyDevice(userCode: string): Promise<void> {
    return this.#call('denyDevice', userCode)
  }

  async close(): Promise<void> {
    await this.#process.kill('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #call<Call extends ControlCall>(
    call: Call,
    ...rest: Parameters<ControlCalls[Call]>
  ): Promise<Awaited<ReturnType<ControlCalls[Call]>>> {
    const id = ++this.#lastId
    this.#process.send({ id, call, arguments: rest })
    const answer = await this.#process.next((message) => message.id === id)
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.result as Awaited<ReturnType<ControlCalls[Call]>>
  }
}

/** Starts the authorization server in a process of its own, which ends with this one at the latest. */
export async function startRemoteAuthorizationServer(
  options: Omit<AuthorizationServerOptions, 'clock'> = {},
): Promise<RemoteAuthorizationServer> {
  // By the package's own name: where the file lies differs between the sources and the published bundle.
  const main = createRequire(import.meta.url).resolve('@accountry/testing/authorization-server-main')
  const process = startProcess<ControlRequest, ControlAnswer>(main, [JSON.stringify(options)])
  return new RemoteAuthorizationServer(process, JSON.parse(await process.nextLine()))
}
