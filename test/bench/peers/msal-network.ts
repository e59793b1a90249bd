import { type MsalOptions, tokenAnswer } from './msal.ts'

/** A network for MSAL behind which a real authorization server answers its refreshes. */
export function msalNetworkOf(client: {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}): NonNullable<MsalOptions['refresh']> {
  return async (form) => {
    const response = await fetch(`${client.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: form.get('refresh_token') ?? '' }),
    })
    const body = (await response.json()) as Record<string, string>
    if (!response.ok) return { status: response.status, body }
    // Entra's scopes are not this server's: MSAL gets those that it asked for.
    const asked = (form.get('scope') ?? '').split(' ').filter((scope) => !OWN_SCOPES.has(scope))
    return { status: 200, body: tokenAnswer(body['refresh_token'] ?? '', body['access_token'] ?? '', asked) }
  }
}

const OWN_SCOPES: ReadonlySet<string> = new Set(['openid', 'profile', 'offline_access', 'email'])
