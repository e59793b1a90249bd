import type { AuthorizationServer } from './authorization-server.ts'
import type { Fault } from './faults.ts'
import type { InFlight } from './front.ts'
import type { MintOptions } from './grants.ts'
import type { Endpoint, RecordedRequest } from './recorded-request.ts'

/** The first line that a server in a process of its own prints. */
export interface ServerAddress {
  readonly issuer: string
  readonly clientId: string
  readonly confidentialClient: { readonly clientId: string; readonly clientSecret: string }
  readonly audience: string
  readonly pid: number
}

/** A fault that can be sent to another process: without functions and promises. */
export type RemoteFault = Exclude<Fault, { readonly rewrite: unknown } | { readonly hold: unknown }>

/** A call to a server in another process. */
export interface ControlRequest {
  readonly id: number
  readonly call: ControlCall
  readonly arguments?: readonly unknown[]
}

/** Its answer: `error` is the message of what was thrown. */
export interface ControlAnswer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** What can be asked of a server in another process. */
export interface ControlCalls {
  requests(): readonly RecordedRequest[]
  clearRequests(): void
  inFlight(): Readonly<InFlight>
  setUser(user: string): void
  setConsent(consent: 'allow' | 'deny'): void
  mintRefreshToken(options?: MintOptions): Promise<string>
  isRefreshTokenAlive(refreshToken: string): Promise<boolean>
  revokeGrant(refreshToken: string): Promise<void>
  approveDevice(userCode: string, user?: string): Promise<void>
  denyDevice(userCode: string): Promise<void>
  nextFault(endpoint: Endpoint, fault: RemoteFault): void
  alwaysFault(endpoint: Endpoint, fault: RemoteFault): void
  clearFaults(): void
  pendingFaults(): number
}

export type ControlCall = keyof ControlCalls

function callsOf(server: AuthorizationServer): ControlCalls {
  return {
    requests: () => server.requests,
    clearRequests: () => server.clearRequests(),
    inFlight: () => server.inFlight,
    setUser: (user) => {
      server.user = user
    },
    setConsent: (consent) => {
      server.consent = consent
    },
    mintRefreshToken: (options) => server.mintRefreshToken(options),
    isRefreshTokenAlive: (refreshToken) => server.isRefreshTokenAlive(refreshToken),
    revokeGrant: (refreshToken) => server.revokeGrant(refreshToken),
    approveDevice: (userCode, user) => server.approveDevice(userCode, user),
    denyDevice: (userCode) => server.denyDevice(userCode),
    nextFault: (endpoint, fault) => server.faults.next(endpoint, fault),
    alwaysFault: (endpoint, fault) => void server.faults.always(endpoint, fault),
    clearFaults: () => server.faults.clear(),
    pendingFaults: () => server.faults.pending,
  }
}

/** Carries out one call. Never rejects. */
export async function answerControl(server: AuthorizationServer, request: ControlRequest): Promise<ControlAnswer> {
  const { id, call } = request
  try {
    const calls = callsOf(server)
    if (!Object.hasOwn(calls, call)) throw new TypeError(`there is no call ${JSON.stringify(call)}`)
    const handle = calls[call] as (...parameters: readonly unknown[]) => unknown
    return { id, result: await handle(...(request.arguments ?? [])) }
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) }
  }
}
