import type Provider from 'oidc-provider'
import { OIDC_SCOPES, type ProviderParts } from './provider-parts.ts'

export interface MintOptions {
  /** Default: who signs in next. */
  readonly user?: string
  /** Beside those of OpenID Connect. Default: all scopes of the server. */
  readonly scopes?: readonly string[]
  /** Default: the native client. */
  readonly clientId?: string
  /** Default: the server's audience. */
  readonly resource?: string
}

/** What people have allowed, made and ended without a browser. */
export class Grants {
  readonly #provider: Provider
  readonly #parts: ProviderParts

  constructor(provider: Provider, parts: ProviderParts) {
    this.#provider = provider
    this.#parts = parts
  }

  async mintRefreshToken(options: Required<MintOptions>): Promise<string> {
    const { user, scopes, clientId, resource } = options
    const client = await this.#provider.Client.find(clientId)
    if (client === undefined) throw new TypeError('clientId is none of this server')
    const scope = [...OIDC_SCOPES, ...scopes]
    const token = new this.#provider.RefreshToken({
      accountId: user,
      client,
      grantId: await this.#grant(user, clientId, scope, [resource]),
      gty: 'authorization_code',
      scope: scope.join(' '),
      expiresWithSession: false,
      ...(this.#hasResources && { resource }),
      // Without it the provider cannot say in an ID token when the person signed in.
      authTime: Math.floor(Date.now() / 1_000),
    } as never)
    return await token.save()
  }

  isRefreshTokenAlive(refreshToken: string): boolean {
    const { store } = this.#parts
    const grantId = store.adapterFor('RefreshToken').peekUsable(refreshToken)?.grantId
    return grantId !== undefined && store.adapterFor('Grant').peekUsable(grantId) !== undefined
  }

  async revoke(refreshToken: string): Promise<void> {
    const { store } = this.#parts
    const grantId = store.adapterFor('RefreshToken').peek(refreshToken)?.grantId
    if (grantId === undefined) throw new TypeError('refreshToken is none of this server')
    for (const model of ['RefreshToken', 'AccessToken', 'AuthorizationCode', 'DeviceCode']) {
      await store.adapterFor(model).revokeByGrantId(grantId)
    }
    await store.adapterFor('Grant').destroy(grantId)
  }

  async approveDevice(userCode: string, user: string): Promise<void> {
    const device = await this.#deviceCode(userCode)
    const { scope: requested = '', resource } = (device.params ?? {}) as {
      scope?: string
      resource?: string | string[]
    }
    const resources = [resource ?? this.#parts.audience].flat()
    Object.assign(device, {
      accountId: user,
      grantId: await this.#grant(user, String(device.clientId), requested.split(' '), resources),
      scope: requested,
      ...(this.#hasResources && { resource: resources }),
      authTime: Math.floor(Date.now() / 1_000),
    })
    await device.save()
  }

  async denyDevice(userCode: string): Promise<void> {
    const device = await this.#deviceCode(userCode)
    Object.assign(device, { error: 'access_denied', errorDescription: 'the person said no' })
    await device.save()
  }

  get #hasResources(): boolean {
    return this.#parts.settings.features.resourceIndicators
  }

  async #grant(
    accountId: string,
    clientId: string,
    scopes: readonly string[],
    resources: readonly string[],
  ): Promise<string> {
    const grant = new this.#provider.Grant({ accountId, clientId })
    grant.addOIDCScope(scopes.join(' '))
    for (const resource of this.#hasResources ? resources : []) grant.addResourceScope(resource, scopes.join(' '))
    return await grant.save()
  }

  async #deviceCode(userCode: string): Promise<InstanceType<Provider['DeviceCode']>> {
    const normalized = userCode.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase()
    const device = await this.#provider.DeviceCode.findByUserCode(normalized)
    if (device === undefined) throw new TypeError('userCode is none of this server')
    return device
  }
}
