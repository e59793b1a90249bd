import { createServer, type Server } from 'node:http'
import type { InteractionHandler } from '@accountry/accounts'
import type { JWTPayload } from 'jose'
import type Provider from 'oidc-provider'
import { closeAtOnce, listenOn } from '../loopback-server.ts'
import { timeAdjuster } from './adjust-times.ts'
import { Faults } from './faults.ts'
import { Front, type InFlight } from './front.ts'
import { Grants, type MintOptions } from './grants.ts'
import { ServerStore } from './memory-adapter.ts'
import { type AuthorizationServerOptions, settingsFrom } from './options.ts'
import { CONFIDENTIAL_CLIENT, createProvider, NATIVE_CLIENT } from './provider.ts'
import type { ProviderParts } from './provider-parts.ts'
import type { Endpoint, RecordedRequest } from './recorded-request.ts'
import { scriptedBrowser, signInAt } from './scripted-browser.ts'
import { answerInteraction, type Script } from './scripted-interactions.ts'
import { ServerTime } from './server-time.ts'
import { type JwtOptions, SigningKey } from './signing-key.ts'
import { answerUserinfo } from './userinfo.ts'

/**
 * A real OpenID provider (`oidc-provider`) on 127.0.0.1, with scripted people in front of it and a recording,
 * fault-injecting door.
 */
export class AuthorizationServer implements AsyncDisposable {
  /** `http://127.0.0.1:<port>`. */
  readonly issuer: string
  /** Public native client: PKCE, any port and path of a loopback address as redirect URI. */
  readonly clientId: string = NATIVE_CLIENT
  readonly confidentialClient: { readonly clientId: string; readonly clientSecret: string } = CONFIDENTIAL_CLIENT
  /** Audience of access tokens when no resource is asked for. */
  readonly audience: string
  readonly faults: Faults
  /** How many token requests are being worked on, and the most there ever were at once. */
  readonly inFlight: Readonly<InFlight>
  /** Who signs in next. */
  user: string
  /** What the person answers next. */
  consent: 'allow' | 'deny'
  readonly #parts: ProviderParts
  readonly #front: Front
  readonly #inner: Server
  readonly #grants: Grants

  private constructor(parts: ProviderParts, front: Front, faults: Faults, provider: Provider) {
    this.issuer = parts.issuer
    this.audience = parts.audience
    this.faults = faults
    this.inFlight = front.inFlight
    this.user = parts.settings.user
    this.consent = parts.settings.consent
    this.#parts = parts
    this.#front = front
    this.#grants = new Grants(provider, parts)
    this.#inner = innerServer(parts, provider, this)
  }

  static async start(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
    const settings = settingsFrom(options)
    const time = new ServerTime(settings.clock)
    const faults = new Faults()
    const front = new Front(faults, time.clock)
    const key = await SigningKey.generate()
    const issuer = `http://127.0.0.1:${await front.listen(settings.port)}`
    const store = new ServerStore({ graceMs: settings.rotation === 'grace' ? settings.graceMs : 0 }, time)
    const parts = { issuer, audience: settings.audience ?? `${issuer}/api`, settings, store, time, key }
    const server = new AuthorizationServer(parts, front, faults, await createProvider(parts))
    await server.#listenInside()
    return server
  }

  /** Every request so far, in the order of arrival. */
  get requests(): readonly RecordedRequest[] {
    return this.#front.requests
  }

  requestsTo(endpoint: Endpoint, grantType?: string): readonly RecordedRequest[] {
    return this.requests.filter(
      (request) => request.endpoint === endpoint && (grantType === undefined || request.grantType === grantType),
    )
  }

  /** Forgets the recorded requests and the most that were in flight. */
  clearRequests(): void {
    this.#front.clear()
  }

  /** A browser that signs in by itself. @param user Default: {@link AuthorizationServer.user} at that time. */
  browser(user?: string): InteractionHandler {
    return scriptedBrowser(this.issuer, () => user ?? this.user)
  }

  /** Goes through a sign-in and returns the URL that a browser would then open at the client. */
  async signIn(url: URL | string, user?: string): Promise<URL> {
    return await signInAt(this.issuer, url, user ?? this.user)
  }

  /** A live grant without a browser. */
  async mintRefreshToken(options: MintOptions = {}): Promise<string> {
    return await this.#grants.mintRefreshToken({
      user: options.user ?? this.user,
      scopes: options.scopes ?? this.#parts.settings.scopes,
      clientId: options.clientId ?? this.clientId,
      resource: options.resource ?? this.audience,
    })
  }

  /** Whether a refresh token would work now. Looks into the store; asks and changes nothing. */
  async isRefreshTokenAlive(refreshToken: string): Promise<boolean> {
    return this.#grants.isRefreshTokenAlive(refreshToken)
  }

  /** Ends the grant behind a refresh token, as when the person removes the app at the service. */
  async revokeGrant(refreshToken: string): Promise<void> {
    await this.#grants.revoke(refreshToken)
  }

  /** The person enters a device code at the service and allows it. */
  async approveDevice(userCode: string, user?: string): Promise<void> {
    await this.#grants.approveDevice(userCode, user ?? this.user)
  }

  /** The person enters a device code at the service and says no. */
  async denyDevice(userCode: string): Promise<void> {
    await this.#grants.denyDevice(userCode)
  }

  /** Signs anything with the server's key: for the answers of a dishonest server, with a `rewrite` fault. */
  async signJwt(claims: JWTPayload, options?: JwtOptions): Promise<string> {
    return await this.#parts.key.sign(claims, options)
  }

  /** Stops at once, also with connections that hang. */
  async close(): Promise<void> {
    await this.#front.close()
    await closeAtOnce(this.#inner)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #listenInside(): Promise<void> {
    this.#front.forwardTo(await listenOn(this.#inner), timeAdjuster(this.#parts))
  }
}

/** The provider behind the door, with the people who answer its questions. */
function innerServer(parts: ProviderParts, provider: Provider, script: Script): Server {
  const callback = provider.callback()
  return createServer((request, response) => {
    const answer = async (): Promise<void> => {
      if (request.url?.startsWith('/interaction/') === true) {
        const { user, consent } = script
        await answerInteraction(provider, { user, consent, users: parts.settings.users }, request, response)
      } else if (!parts.settings.features.userinfo || !(await answerUserinfo(parts, request, response))) {
        await callback(request, response)
      }
    }
    answer().catch(() => response.writeHead(400).end('this cannot be answered'))
  })
}

/** Starts a real authorization server on 127.0.0.1 in one call. Close it at the end. */
export async function startAuthorizationServer(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  return await AuthorizationServer.start(options)
}
