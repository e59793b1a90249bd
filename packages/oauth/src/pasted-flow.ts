import { AccountError, type AuthenticatorContext, type NewAccount } from '@accountry/accounts'
import type { OAuthClient } from './oauth-client.ts'
import { shownSubject } from './server-call.ts'
import { finishSession, startSession } from './session-flow.ts'
import type { SignInRequest } from './sign-in.ts'

/**
 * Signs a person in whose browser cannot reach this process, over SSH or out of a container: the person opens the
 * address anywhere and brings back the one where the browser ended up, although it shows an error there.
 *
 * State and issuer are checked as in every other flow, and so the whole address is needed.
 *
 * @throws AccountError `ERR_INVALID_RESPONSE` when what was pasted is not the redirect of this sign-in.
 */
export async function signInWithPastedRedirect(
  client: OAuthClient,
  context: AuthenticatorContext,
  request: SignInRequest,
): Promise<NewAccount> {
  const { account } = request
  const { session, url } = await startSession(client, context, request, undefined)
  const subject = shownSubject({ client, account })
  if (context.interaction?.promptCredentials === undefined || url === undefined) {
    const message = `${subject}: signing in needs an address to be pasted, and the app cannot ask for it`
    throw new AccountError('ERR_INTERACTION_REQUIRED', message, { account })
  }
  // Shown, not waited for: whether a browser opens here does not matter.
  context.interaction
    .openBrowser?.({ url, signal: context.signal, ...(account !== undefined && { account }) })
    .catch(() => undefined)
  const label = `Open ${url.href} in a browser, sign in, and paste the address where the browser ends up`
  const fields = [{ name: 'redirect', label, secret: true, required: true }]
  const answers = await context.interaction.promptCredentials({ fields, signal: context.signal })
  const pasted = answers['redirect']?.consume().trim() ?? ''
  if (!URL.canParse(pasted)) {
    const message = `${subject}: what was pasted is no address; the whole address is needed, not only the code`
    throw new AccountError('ERR_INVALID_RESPONSE', message, { account })
  }
  return await finishSession(client, { session, answer: { url: new URL(pasted) }, account }, context)
}
