import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'

/** Names the scripted user in requests of {@link signInAt}; a real browser sends none. */
export const USER_HEADER = 'x-scripted-user'

/** What the person in front of the server does. */
export interface Script {
  readonly user: string
  readonly consent: 'allow' | 'deny'
}

/** Answers the provider's questions as the script says: who signs in, and whether they consent. */
export async function answerInteraction(
  provider: Provider,
  script: Script & { readonly users: object },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(request, response)
  const header = request.headers[USER_HEADER]
  const user = typeof header === 'string' ? header : script.user
  if (!Object.hasOwn(script.users, user)) {
    response.writeHead(400).end(`there is no user ${JSON.stringify(user)} at this server`)
    return
  }
  if (details.prompt.name === 'login') {
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: user } },
      { mergeWithLastSubmission: false },
    )
    return
  }
  if (script.consent === 'deny') {
    const refusal = { error: 'access_denied', error_description: 'the person said no' }
    await provider.interactionFinished(request, response, refusal, { mergeWithLastSubmission: false })
    return
  }
  const grantId = await grantEverything(provider, details)
  await provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true })
}

async function grantEverything(
  provider: Provider,
  details: Awaited<ReturnType<Provider['interactionDetails']>>,
): Promise<string> {
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = details.prompt.details as {
    missingOIDCScope?: string[]
    missingOIDCClaims?: string[]
    missingResourceScopes?: Record<string, string[]>
  }
  const known = details.grantId === undefined ? undefined : await provider.Grant.find(details.grantId)
  const accountId = details.session?.accountId ?? ''
  const grant = known ?? new provider.Grant({ accountId, clientId: String(details.params['client_id']) })
  if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '))
  if (missingOIDCClaims !== undefined) grant.addOIDCClaims(missingOIDCClaims)
  for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '))
  }
  return await grant.save()
}
