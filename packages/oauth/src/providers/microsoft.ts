import type { Authenticator } from '@accountry/accounts'
import { createProvider, type ProviderData, type ProviderOptions } from './provider-data.ts'

export interface MicrosoftOptions extends ProviderOptions {
  /**
   * Who can sign in: `'common'` (default) anybody, `'organizations'` work and school accounts, `'consumers'` private
   * ones, or the id of one tenant.
   */
  readonly tenant?: string
}

/** The tenant in which all private accounts live. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad'
const TENANT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const HOST = 'https://login.microsoftonline.com'

/** What is known about Microsoft Entra ID and private Microsoft accounts. */
export const microsoftData: ProviderData = {
  documentation: 'https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow',
  redirect: 'localhost',
  apiOrigins: ['https://graph.microsoft.com'],
  scopes: {
    'calendar.read': ['https://graph.microsoft.com/Calendars.Read'],
    calendar: ['https://graph.microsoft.com/Calendars.ReadWrite'],
    'mail.read': ['https://graph.microsoft.com/Mail.Read'],
    'mail.send': ['https://graph.microsoft.com/Mail.Send'],
    imap: ['https://outlook.office.com/IMAP.AccessAsUser.All'],
    smtp: ['https://outlook.office.com/SMTP.Send'],
    files: ['https://graph.microsoft.com/Files.ReadWrite'],
    contacts: ['https://graph.microsoft.com/Contacts.Read'],
    tasks: ['https://graph.microsoft.com/Tasks.ReadWrite'],
  },
  options: {
    type: 'com.microsoft',
    label: 'Microsoft',
    issuer: `${HOST}/common/v2.0`,
    issuerTemplate: `${HOST}/{tenantid}/v2.0`,
    flow: ['loopback', 'device-code'],
    // Without a path: that is how the registration page spells it.
    redirectUri: 'http://localhost',
    signInScopes: ['openid', 'profile', 'email', 'offline_access'],
    // `consent` would ask for an administrator in many tenants.
    prompt: 'select_account',
    quirks: { scopeComparison: 'last-segment' },
  },
}

/**
 * Microsoft accounts (account type `com.microsoft`): work, school and private ones.
 *
 * Register a public client with the redirect URI `http://localhost`. An ID token is only believed when its issuer and
 * its tenant (`tid`) agree. One access token serves one API, so give each API a token type of its own.
 *
 * @throws TypeError for a tenant that is neither an id nor one of the three names: a domain name does not tell which
 *   issuer to expect.
 * @see [OAuth 2.0 authorization code flow](https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow)
 */
export function microsoft(options: MicrosoftOptions): Authenticator {
  const { tenant = 'common', ...rest } = options
  const { issuerTemplate, ...own } = microsoftData.options
  if (tenant === 'common' || tenant === 'organizations') {
    const issuer = `${HOST}/${tenant}/v2.0`
    return createProvider({ ...microsoftData, options: { ...own, issuer, issuerTemplate: `${issuerTemplate}` } }, rest)
  }
  const id = tenant === 'consumers' ? CONSUMERS : tenant
  if (typeof id !== 'string' || !TENANT_ID.test(id)) {
    throw new TypeError('tenant must be common, organizations, consumers or the id of a tenant')
  }
  return createProvider({ ...microsoftData, options: { ...own, issuer: `${HOST}/${id}/v2.0` } }, rest)
}
