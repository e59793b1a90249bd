import type { Authenticator } from '@accountry/accounts'
import type { SecretActions } from './secret-actions.ts'
import { checkSecretOptions, type SecretAuthenticatorOptions } from './secret-options.ts'

/**
 * Creates the authenticator of a service that is used with a secret instead of OAuth: an API key, a personal access
 * token, an app password, or a login endpoint of one's own.
 *
 * What is kept is the account's password and is handed out as it is: a service that rejects it means that the person
 * has to sign in again, and it is never tried a second time by itself, so that no account gets locked out. The OAuth
 * password grant does not exist here.
 *
 * @example
 * ```ts
 * const example = createSecretAuthenticator({
 *   type: 'com.example.key',
 *   label: 'Example',
 *   fields: [{ name: 'name', label: 'Name' }, { name: 'key', label: 'API key', secret: true }],
 *   tokenTypes: { api: { origins: ['https://api.example.com'] } },
 * })
 * ```
 *
 * @throws TypeError naming the option that is wrong.
 */
export function createSecretAuthenticator(options: SecretAuthenticatorOptions): Authenticator {
  checkSecretOptions(options)
  const { type, label, icon, tokenTypes, persist, confirm, exchange } = options
  const actions = loadedOnce(options)
  return {
    description: {
      type,
      label,
      capabilities: { passwordIsToken: true, ...(persist !== undefined && { storesPassword: true }) },
      ...(icon !== undefined && { icon }),
      ...(tokenTypes !== undefined && { tokenTypes }),
    },
    ...(exchange === undefined && confirm === undefined && { configuration: configurationOf(options) }),
    addAccount: async (request, context) => await (await actions()).addAccount(request, context),
    updateCredentials: async (request, context) => await (await actions()).updateCredentials(request, context),
    getAuthToken: async (request, context) => await (await actions()).getAuthToken(request, context),
    confirmCredentials: async (request, context) => await (await actions()).confirmCredentials(request, context),
  }
}

/** Importing the package, and making authenticators, must cost next to nothing. */
function loadedOnce(options: SecretAuthenticatorOptions): () => Promise<SecretActions> {
  let actions: SecretActions | undefined
  return async () => {
    if (actions !== undefined) return actions
    const { createSecretActions } = await import('./secret-actions.ts')
    actions ??= createSecretActions(options)
    return actions
  }
}

function configurationOf(options: SecretAuthenticatorOptions): NonNullable<Authenticator['configuration']> {
  return { kind: 'secret', options: JSON.parse(JSON.stringify(options)) as Record<string, unknown> }
}
