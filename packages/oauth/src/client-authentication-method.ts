/** How a client proves itself (RFC 6749 §2.3, OpenID Connect Core §9). */
export const CLIENT_AUTHENTICATION_METHODS = [
  'none',
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
] as const

export type ClientAuthenticationMethod = (typeof CLIENT_AUTHENTICATION_METHODS)[number]
