import {
  type Account,
  AccountError,
  type AddAccountRequest,
  type Authenticator,
  type AuthenticatorContext,
  type CredentialContext,
  type NewAccount,
  type StartedSession,
  type UpdateCredentialsRequest,
} from '@accountry/accounts'
import { fieldsOf, scopesIn } from './credential-fields.ts'
import { signInWithDeviceCode } from './device-flow.ts'
import { ownSurroundings, placeOf } from './environment.ts'
import { hasFeatures } from './features.ts'
import { pickFlow } from './flows.ts'
import { getAuthToken } from './get-auth-token.ts'
import { signInThroughLoopback } from './loopback-flow.ts'
import { createOAuthClient, type OAuthClient } from './oauth-client.ts'
import { signInWithPastedRedirect } from './pasted-flow.ts'
import { authorizeRequest } from './resource-authorization.ts'
import { discardCredential, revokeAccount } from './revoke.ts'
import { finishSession, startSession } from './session-flow.ts'
import type { Settings } from './settings.ts'
import type { SignInRequest } from './sign-in.ts'
import { readSignInOptions } from './sign-in-options.ts'
import { union, wantedAtSignIn } from './token-purpose.ts'
import { addUnattendedAccount } from './unattended-flow.ts'

/** Every method of an authenticator that has to ask the service, or to read what is kept of it. */
export type OAuthService = Required<
  Pick<
    Authenticator,
    | 'addAccount'
    | 'getAuthToken'
    | 'authorizeRequest'
    | 'updateCredentials'
    | 'hasFeatures'
    | 'startAddAccountSession'
    | 'startUpdateCredentialsSession'
    | 'finishSession'
    | 'confirmCredentials'
    | 'revoke'
    | 'discard'
  >
>

/** What an authenticator does. It is loaded with the first call of one of them, and knows options that are checked. */
export function createOAuthService(settings: Settings): OAuthService {
  const client = createOAuthClient(settings)
  return {
    addAccount: async (request, context) =>
      await signIn(client, context, signInRequest(settings, request), request.authTokenType),
    getAuthToken: (request, context) => getAuthToken(client, request, context),
    authorizeRequest: (request, context) => authorizeRequest(client, request, context),
    updateCredentials: async (request, context) =>
      await signIn(client, context, signInAgain(settings, request, context), request.authTokenType),
    hasFeatures: ({ features }, { credential }) => Promise.resolve(hasFeatures(settings, features, credential)),
    startAddAccountSession: async (request, context): Promise<StartedSession> =>
      await startSession(client, context, signInRequest(settings, request), request.redirectUri),
    startUpdateCredentialsSession: async (request, context): Promise<StartedSession> =>
      await startSession(client, context, signInAgain(settings, request, context), request.redirectUri),
    finishSession: (request, context) => finishSession(client, request, context),
    confirmCredentials: ({ account }, context) => isSamePerson(client, account, context),
    revoke: (account, context) => revokeAccount(client, account, context),
    discard: (account, context) => discardCredential(client, account, context),
  }
}

/**
 * Lets the person sign in once more and looks who it was. What that sign-in yields is dropped, not revoked: at many
 * servers it belongs to the grant of the account, which would end with it.
 */
async function isSamePerson(client: OAuthClient, account: Account, context: CredentialContext): Promise<boolean> {
  const { issuer, subject } = context.credential
  const { loginName = account.name } = fieldsOf(context.credential)
  if (subject === undefined) {
    const message = `${account.name} (${account.type}): it is not known whose account this is, so nobody can confirm it`
    throw new AccountError('ERR_UNSUPPORTED', message, { account })
  }
  const request = signInRequest(client.settings, { name: loginName, options: { prompt: 'login' } })
  const again = await signIn(client, context, { ...request, scopes: [], resource: [], account }, undefined)
  return again.subject === subject && again.issuer === (issuer ?? client.settings.issuer)
}

function signInRequest(
  settings: Settings,
  request: Pick<AddAccountRequest, 'name' | 'authTokenType' | 'options'>,
): SignInRequest {
  const { scopes, resource } = wantedAtSignIn(settings, request.authTokenType)
  const options = readSignInOptions(request.options, settings.label)
  return {
    scopes: [...scopes, ...options.scopes],
    resource: union(resource, options.resource),
    maxAgeS: options.maxAgeS,
    acrValues: options.acrValues,
    nameHint: request.name,
    wishes: {
      prompt: options.prompt,
      claims: options.claims,
      loginHint: options.loginHint ?? request.name ?? settings.loginHint,
      extra: { ...settings.authorizationParameters, ...options.authorizationParameters },
    },
  }
}

/**
 * The name that the service knows is the hint; who really signed in is compared by the manager. What was granted before is
 * asked for again, so that a step-up widens the grant and does not replace it.
 */
function signInAgain(
  settings: Settings,
  request: Pick<UpdateCredentialsRequest, 'account' | 'authTokenType' | 'options'>,
  { credential }: CredentialContext,
): SignInRequest {
  const { account } = request
  const { loginName = account.name, grantedScopes, resources } = fieldsOf(credential)
  const wanted = signInRequest(settings, { ...request, name: loginName })
  const resource = union(wanted.resource, scopesIn(resources))
  return { ...wanted, scopes: union(wanted.scopes, scopesIn(grantedScopes)), resource, account }
}

async function signIn(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
  authTokenType: string | undefined,
): Promise<NewAccount> {
  const { flows, label, redirect } = client.settings
  const { interaction } = context
  const picked = pickFlow({ flows, redirect, interaction, place: placeOf(ownSurroundings()) })
  if (picked.flow === 'loopback' && redirect.kind === 'loopback') {
    return await signInThroughLoopback(client, context, request, redirect.loopback)
  }
  if (picked.flow === 'device-code') return await signInWithDeviceCode(client, context, request)
  if (picked.flow === 'pasted-redirect') return await signInWithPastedRedirect(client, context, request)
  if (picked.flow !== undefined) return await addUnattendedAccount(client, context, request, authTokenType)
  const message = `${label}: nobody can sign in here (${picked.reasons.join('; ')}).`
  if (!picked.needsInteraction) throw new AccountError('ERR_UNSUPPORTED', message)
  throw new AccountError('ERR_INTERACTION_REQUIRED', message, { reason: 'no_browser', account: request.account })
}
