import { AccountError } from '@accountry/accounts'

/** What an authenticator throws when the service takes a grant no more. */
export function invalidGrant(): AccountError {
  return new AccountError('ERR_INTERACTION_REQUIRED', 'the service refused the grant', { reason: 'revoked_or_reused' })
}

/** A connection that broke after the request was sent: whether it arrived is not known. */
export function brokenConnection(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
}

/** A name that cannot be resolved: nothing was sent. */
export function offline(): Error {
  return Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
}

export interface Failure {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly reason?: string
}

/** What a promise rejects with; fails when it resolves. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work
  } catch (error) {
    const { code, reason, name, message } = error as Failure
    return { name, message, ...(code !== undefined && { code }), ...(reason !== undefined && { reason }) }
  }
  throw new Error('expected a rejection, but it resolved')
}
