import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { InteractionHandler } from '@accountry/accounts'
import type Provider from 'oidc-provider'
import { Faults } from './faults.ts'
import { Front, type InFlight } from './front.ts'
import { ServerStore } from './memory-adapter.ts'
import { type AuthorizationServerOptions, type ServerSettings, settingsFrom } from './options.ts'
import { CONFIDENTIAL_CLIENT, createProvider, NATIVE_CLIENT } from './provider.ts'
import type { Endpoint, RecordedRequest } from './recorded-request.ts'
import { scriptedBrowser, signInAt } from './scripted-browser.ts'
import { answerInteraction, type Script } from './scripted-interactions.ts'

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
  readonly #script: Script
  readonly #front: Front
  readonly #inner: Server
  readonly #provider: Provider
  readonly #store: ServerStore
  readonly #settings: ServerSettings

  private constructor(parts: {
    issuer: string
    settings: ServerSettings
    front: Front
    faults: Faults
    provider: Provider
    store: ServerStore
  }) {
    this.issuer = parts.issuer
    this.audience = parts.settings.audience ?? `${parts.issuer}/api`
    this.faults = parts.faults
    this.#settings = parts.settings
    this.#script = { user: parts.settings.user, consent: parts.settings.consent }
    this.#front = parts.front
    this.#provider = parts.provider
    this.#store = parts.store
    const callback = parts.provider.callback()
    this.#inner = createServer((request, response) => {
      if (request.url?.startsWith('/interaction/') !== true) {
        void callback(request, response)
        return
      }
      answerInteraction(parts.provider, this.#script, request, response).catch(() => {
        response.writeHead(400).end('the interaction is over')
      })
    })
  }

  static async start(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
    const settings = settingsFrom(options)
    const faults = new Faults()
    const front = new Front(faults)
    const issuer = `http://127.0.0.1:${await front.listen(settings.port)}`
    const store = new ServerStore({ graceMs: settings.rotation === 'grace' ? settings.graceMs : 0 })
    const provider = await createProvider(issuer, settings, store)
    // The door speaks plain HTTP to the provider, which must believe the Host header that the door passes on.
    provider.proxy = true
    const server = new AuthorizationServer({ issuer, settings, front, faults, provider, store })
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

  clearRequests(): void {
    this.#front.requests.length = 0
    this.#front.inFlight.max = this.#front.inFlight.now
  }

  /** How many token requests are being worked on, and the most there ever were. */
  get inFlight(): Readonly<InFlight> {
    return this.#front.inFlight
  }

  /** Who signs in next. */
  get user(): string {
    return this.#script.user
  }

  set user(user: string) {
    this.#script.user = user
  }

  /** What the person answers next. */
  get consent(): 'allow' | 'deny' {
    return this.#script.consent
  }

  set consent(consent: 'allow' | 'deny') {
    this.#script.consent = consent
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
  async mintRefreshToken(
    options: { user?: string; scopes?: readonly string[]; clientId?: string } = {},
  ): Promise<string> {
    const { user = this.user, clientId = this.clientId, scopes = this.#settings.scopes } = options
    const client = await this.#provider.Client.find(clientId)
    if (client === undefined) throw new TypeError('clientId is none of this server')
    const oidcScopes = 'openid offline_access email profile'
    const grant = new this.#provider.Grant({ accountId: user, clientId })
    grant.addOIDCScope(oidcScopes)
    grant.addResourceScope(this.audience, scopes.join(' '))
    const token = new this.#provider.RefreshToken({
      accountId: user,
      client,
      grantId: await grant.save(),
      gty: 'authorization_code',
      scope: [oidcScopes, ...scopes].join(' '),
      expiresWithSession: false,
      resource: this.audience,
      // Without it the provider cannot say in an ID token when the person signed in.
      authTime: Math.trunc(Date.now() / 1_000),
    } as never)
    return await token.save()
  }

  /** Whether a refresh token would work now. Looks into the store; asks and changes nothing. */
  async isRefreshTokenAlive(refreshToken: string): Promise<boolean> {
    const record = this.#store.peek('RefreshToken', refreshToken)
    if (record === undefined || record.consumed !== undefined) return false
    return typeof record.grantId === 'string' && this.#store.peek('Grant', record.grantId) !== undefined
  }

  /** Ends the grant behind a refresh token, as when the person removes the app at the service. */
  async revokeGrant(refreshToken: string): Promise<void> {
    const grantId = this.#store.peek('RefreshToken', refreshToken)?.grantId
    if (typeof grantId !== 'string') throw new TypeError('refreshToken is none of this server')
    for (const model of ['RefreshToken', 'AccessToken', 'AuthorizationCode']) {
      await this.#store.adapterFor(model).revokeByGrantId(grantId)
    }
    await this.#store.adapterFor('Grant').destroy(grantId)
  }

  /** The person enters a device code at the service and allows it. */
  async approveDevice(userCode: string, user?: string): Promise<void> {
    const device = await this.#deviceCode(userCode)
    const accountId = user ?? this.user
    const grant = new this.#provider.Grant({ accountId, clientId: String(device.clientId) })
    const requested = String((device.params as { scope?: string } | undefined)?.scope ?? '').split(' ')
    grant.addOIDCScope(requested.join(' '))
    grant.addResourceScope(this.audience, requested.filter((scope) => this.#settings.scopes.includes(scope)).join(' '))
    Object.assign(device, {
      accountId,
      grantId: await grant.save(),
      scope: requested.join(' '),
      resource: this.audience,
      authTime: Math.trunc(Date.now() / 1_000),
    })
    await device.save()
  }

  async denyDevice(userCode: string): Promise<void> {
    const device = await this.#deviceCode(userCode)
    Object.assign(device, { error: 'access_denied', errorDescription: 'the person said no' })
    await device.save()
  }

  /** Stops at once, also with connections that hang. */
  async close(): Promise<void> {
    await this.#front.close()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#inner.close(() => resolve())
    this.#inner.closeAllConnections()
    await promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #listenInside(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#inner.listen(0, '127.0.0.1', resolve)
    await promise
    this.#front.forwardTo((this.#inner.address() as AddressInfo).port)
  }

  async #deviceCode(userCode: string): Promise<InstanceType<Provider['DeviceCode']>> {
    const normalized = userCode.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase()
    const device = await this.#provider.DeviceCode.findByUserCode(normalized)
    if (device === undefined) throw new TypeError('userCode is none of this server')
    return device
  }
}

/** Starts a real authorization server on 127.0.0.1 in one call. Close it at the end. */
export async function startAuthorizationServer(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  return await AuthorizationServer.start(options)
}
