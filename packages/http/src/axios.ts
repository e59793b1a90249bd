import { AccountError } from '@accountry/accounts'
import { kindOf } from '@accountry/accounts/contract'
import { Authorization, type AuthorizationOptions } from './authorization.ts'
import { bringsAuthorization } from './authorized-fetch.ts'
import { exchange, type Transport } from './exchange.ts'
import { type Hop, isReplayable, MAX_REDIRECTS } from './redirects.ts'

/** The parts of an axios instance that are used here; every axios since 1.7 has them. */
export interface AxiosLike {
  defaults: { adapter?: unknown }
  getUri(config?: object): string
}

/**
 * Makes every request of an axios instance carry a token of `account`, by the rules of {@link createAuthorizedFetch}.
 *
 * Wraps the instance's adapter, so agents, proxies, interceptors and transforms work as before. Neither responses nor
 * errors of axios hold the token: axios itself would put the request with its headers into both. `maxRedirects` is
 * honoured up to five. axios is loaded with the first request.
 *
 * Use an instance of its own (`axios.create()`): requests to origins that are not listed are refused. A request that
 * names an `adapter` of its own goes past this one, and no token goes with it.
 *
 * @returns The same instance.
 * @throws TypeError for wrong options, or for what is not an axios instance. A request is rejected with
 * `ERR_UNSUPPORTED` where the package `axios` is not installed beside the app.
 */
export function authorizeAxios<T extends AxiosLike>(axiosInstance: T, options: AuthorizationOptions): T {
  if (typeof axiosInstance?.getUri !== 'function' || typeof axiosInstance.defaults !== 'object') {
    throw new TypeError(`authorizeAxios: expected an axios instance, received ${kindOf(axiosInstance)}`)
  }
  const authorization = new Authorization(options, 'authorizeAxios')
  const inner = axiosInstance.defaults.adapter
  axiosInstance.defaults.adapter = (config: AxiosConfig) => send(axiosInstance, inner, authorization, config)
  return axiosInstance
}

type AxiosModule = typeof import('axios')
type AxiosConfig = import('axios').InternalAxiosRequestConfig
type AxiosResponse = import('axios').AxiosResponse

async function send(
  instance: AxiosLike,
  inner: unknown,
  authorization: Authorization,
  config: AxiosConfig,
): Promise<AxiosResponse> {
  const axios = await loadAxios()
  const url = new URL(instance.getUri(config))
  const headers = new Headers(config.headers.toJSON() as Record<string, string>)
  // As a header it falls under the same rules as every other secret; axios itself would send it along a redirect.
  if (config.auth !== undefined) headers.set('authorization', basic(config.auth))
  const isCallers = bringsAuthorization(headers, authorization.callerAuthorization)
  await authorization.assertAllowed(url)
  const hop: Hop = {
    url,
    method: (config.method ?? 'get').toUpperCase(),
    headers,
    body: config.data as unknown,
    authorized: !isCallers,
  }
  const maxRedirects = Math.min(config.maxRedirects ?? MAX_REDIRECTS, MAX_REDIRECTS)
  const { signal, release } = cancellationOf(config)
  try {
    const response = await exchange(hop, axiosTransport(axios, inner, config), authorization, { maxRedirects, signal })
    return settled(axios, config, response)
  } finally {
    release()
  }
}

interface Cancellation {
  readonly signal: AbortSignal | undefined
  readonly release: () => void
}

/** The older CancelToken ends a request that waits for its token as well; it may outlive many requests. */
function cancellationOf(config: AxiosConfig): Cancellation {
  const given = config.signal instanceof AbortSignal ? config.signal : undefined
  const token = config.cancelToken as Subscribable | undefined
  if (typeof token?.subscribe !== 'function') return { signal: given, release: () => undefined }
  const controller = new AbortController()
  const cancel = (reason: unknown): void => controller.abort(reason)
  token.subscribe(cancel)
  const signals = given === undefined ? [controller.signal] : [given, controller.signal]
  return { signal: AbortSignal.any(signals), release: () => token.unsubscribe(cancel) }
}

/** What axios' CancelToken has beyond its types. */
interface Subscribable {
  subscribe(listener: (reason: unknown) => void): void
  unsubscribe(listener: (reason: unknown) => void): void
}

/** Inside of `try`, an import of a package that is not there is a warning for bundlers; elsewhere it stops them. */
async function loadAxios(): Promise<AxiosModule> {
  try {
    return await import('axios')
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    const cure = 'authorizeAxios takes it from the app, so install it there, or let the bundler include it'
    throw new AccountError('ERR_UNSUPPORTED', `the package axios was not found; ${cure}`)
  }
}

function axiosTransport(axios: AxiosModule, inner: unknown, config: AxiosConfig): Transport<AxiosResponse> {
  const adapter = axios.getAdapter(inner as Parameters<AxiosModule['getAdapter']>[0])
  return {
    async send(hop, headers) {
      const request: AxiosConfig = {
        ...config,
        url: hop.url.href,
        method: hop.method.toLowerCase(),
        headers: axios.AxiosHeaders.from(Object.fromEntries(headers)),
        data: hop.body,
        maxRedirects: 0,
        validateStatus: () => true,
      }
      for (const name of ['auth', 'baseURL', 'params']) Reflect.deleteProperty(request, name)
      try {
        return withoutRequest(await adapter(request), config)
      } catch (error) {
        throw withoutRequest(error, config)
      }
    },
    statusOf: (response) => response.status,
    headerOf(response, name) {
      const value: unknown = axios.AxiosHeaders.from(response.headers as Record<string, string>).get(name)
      return value === undefined || value === null ? undefined : String(value)
    },
    discard(response) {
      const data = response.data as { destroy?: () => void; cancel?: () => Promise<void> } | undefined
      if (typeof data?.destroy === 'function') data.destroy()
      return typeof data?.cancel === 'function' ? data.cancel().catch(() => undefined) : Promise.resolve()
    },
    isReplayable,
  }
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/**
 * Puts the caller's own config back in the place of the one that was sent, and takes the request object away: both
 * hold the token in a header, and people log responses and errors.
 */
function withoutRequest<T>(outcome: T, config: AxiosConfig): T {
  if (typeof outcome !== 'object' || outcome === null || !('config' in outcome)) return outcome
  outcome.config = config
  for (const name of ['request', 'cause']) Reflect.deleteProperty(outcome, name)
  if ('response' in outcome) withoutRequest(outcome.response, config)
  return outcome
}

/** What axios does with an answer, here with the caller's `validateStatus`. */
function settled(axios: AxiosModule, config: AxiosConfig, response: AxiosResponse): AxiosResponse {
  const { status } = response
  const { validateStatus } = config
  if (typeof validateStatus !== 'function' || validateStatus(status)) return response
  const { ERR_BAD_REQUEST, ERR_BAD_RESPONSE } = axios.AxiosError
  const code = status >= 400 && status < 500 ? ERR_BAD_REQUEST : ERR_BAD_RESPONSE
  throw new axios.AxiosError(`Request failed with status code ${status}`, code, config, undefined, response)
}
