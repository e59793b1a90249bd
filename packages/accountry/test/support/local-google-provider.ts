import type { Authenticator } from 'accountry'
import { type GoogleOptions, google as realGoogle } from 'accountry/providers/google'

/** Google, with its endpoints pointed at the local server, which knows a public client. */
export function google({ clientSecret: _secret, ...options }: GoogleOptions): Authenticator {
  const issuer = process.env['ISSUER'] ?? ''
  return realGoogle({ ...options, issuer, clientAuthentication: 'none' })
}
