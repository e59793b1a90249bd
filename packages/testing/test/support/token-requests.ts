import type { AuthorizationServer } from '../../src/index.ts'

/** The answer of the token endpoint, success or error, with the HTTP status beside it. */
export interface TokenAnswer {
  readonly status: number
  readonly access_token: string
  readonly refresh_token: string
  readonly error: string
  readonly [name: string]: unknown
}

/** Sends a token request as a bare client does. */
export async function tokenRequest(
  server: Pick<AuthorizationServer, 'issuer'>,
  parameters: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const response = await fetch(`${server.issuer}/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(parameters),
  })
  return { ...((await response.json()) as TokenAnswer), status: response.status }
}

/** Uses a refresh token of the native client. */
export async function refreshed(
  server: Pick<AuthorizationServer, 'issuer' | 'clientId'>,
  refreshToken: string,
): Promise<TokenAnswer> {
  return await tokenRequest(server, {
    grant_type: 'refresh_token',
    client_id: server.clientId,
    refresh_token: refreshToken,
  })
}
