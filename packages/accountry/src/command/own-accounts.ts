import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import {
  AccountError,
  AccountManager,
  type Authenticator,
  type InteractionHandler,
  isAccountError,
  type KeyProvider,
} from '@accountry/accounts'
import { defaultVaultFolder, project } from '@accountry/accounts/foundation'
import { environmentKey, fileKey, osKeychain, type PassphraseRequest, passphraseKey } from '@accountry/keychain'
import {
  createOAuthAuthenticator,
  createSecretAuthenticator,
  type OAuthAuthenticatorOptions,
  type SecretAuthenticatorOptions,
} from '@accountry/oauth'
import { type Accountry, openAccountry } from '../accountry.ts'
import { printable } from '../terminal/printable.ts'
import type { OpenRequest } from './command-run.ts'
import { NoVaultError, UsageError } from './exit-codes.ts'

const VAULT_VARIABLE = `${project.environmentPrefix}VAULT`

// Sees every account, as Android's Settings does: the person at the terminal owns them all.
const app = { id: project.folder, name: 'the accountry command', system: true }

/**
 * Opens a vault that apps have made, for the person who owns it.
 *
 * The command makes no vault and gives none a new key: it takes the provider that the vault names. Account types whose
 * authenticator was recorded in the vault are served; accounts of all others are listed.
 *
 * @throws UsageError when it is not clear which vault is meant; NoVaultError when there is none at all.
 */
export async function openOwnAccounts(request: OpenRequest): Promise<Accountry> {
  const vault = chooseVault(request.vault ?? process.env[VAULT_VARIABLE], existingVaults())
  const accountry = await openWithItsKeys(vault, request)
  try {
    const { interaction, needsKey, signal } = request
    if (needsKey)
      await accountry.accounts.unlock({ interaction: interaction === undefined ? 'never' : 'allow', signal })
    await registerRecorded(accountry.accounts)
    return accountry
  } catch (error) {
    await accountry.close()
    throw error
  }
}

/** Opens a vault for its list of accounts, without its key: no keychain is asked and nobody sees a prompt. */
export async function peekOwnAccounts(request: OpenRequest): Promise<Accountry> {
  const vault = chooseVault(request.vault ?? process.env[VAULT_VARIABLE], existingVaults())
  return await openAccountry({ app, vault, keyProvider: noKey })
}

const noKey: KeyProvider = {
  id: 'no-key',
  kind: 'store',
  protection: 'os-acl',
  load: () => Promise.resolve({ kind: 'locked', why: 'nobody is asked for it' }),
  store: () => Promise.reject(new AccountError('ERR_UNSUPPORTED', 'Here no key is kept')),
  delete: () => Promise.reject(new AccountError('ERR_UNSUPPORTED', 'Here no key is kept')),
}

/** The names of the vaults of this person, in alphabetical order. */
export function existingVaults(): string[] {
  const folder = dirname(defaultVaultFolder('any'))
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return names
    .map(({ name }) => name)
    .filter((name) => existsSync(join(folder, name, 'vault.db')))
    .sort()
}

/** @throws UsageError unless exactly one vault is meant, and it exists; NoVaultError when there is none. */
export function chooseVault(wanted: string | undefined, existing: readonly string[]): string {
  const [only] = existing
  if (only === undefined && wanted === undefined) throw new NoVaultError(project.folder)
  if (wanted === undefined && existing.length === 1 && only !== undefined) return only
  if (wanted === undefined) throw new UsageError(`Say which vault with --vault: ${existing.join(', ')}`)
  if (existing.includes(wanted) && basename(wanted) === wanted) return wanted
  const which = existing.length === 0 ? 'none at all yet' : existing.join(', ')
  throw new UsageError(
    `There is no vault "${printable(wanted)}". There ${existing.length > 1 ? 'are' : 'is'}: ${which}`,
  )
}

/** Opens with the providers that the vault names: the others would become recipients, and need not be asked. */
async function openWithItsKeys(vault: string, request: OpenRequest): Promise<Accountry> {
  const { interaction } = request
  const passphrase = new PassphrasePrompt(interaction?.promptCredentials?.bind(interaction))
  const recorded = (await recordedProviderIds(vault)).flatMap((id) => providerFor(id, passphrase) ?? [])
  const keyProvider = recorded.length === 0 ? noKey : recorded
  const accountry = await openAccountry({ app, vault, keyProvider, ...(interaction && { interaction }) })
  if (!passphrase.isDeclined) return accountry
  // The vault could be listed locked, but whoever pressed Ctrl-C wants the command to end.
  await accountry.close()
  throw new AccountError('ERR_INTERACTION_CANCELED', 'No passphrase was given')
}

async function recordedProviderIds(vault: string): Promise<string[]> {
  await using accounts = await AccountManager.open({ app, vault, keyProvider: noKey })
  const ids = (await accounts.getKeyProviders()).map(({ id }) => id)
  // A person is asked last.
  return ids.sort((one, other) => Number(one === 'passphrase') - Number(other === 'passphrase'))
}

/** The provider of that name, where a program like this one can have it at all. */
function providerFor(id: string, passphrase: PassphrasePrompt): KeyProvider | undefined {
  const [kind, detail] = split(id)
  if (kind === 'os-keychain') return osKeychain()
  if (kind === 'file') return fileKey({ path: detail })
  if (kind === 'environment') return environmentKey({ variable: detail })
  return kind === 'passphrase' ? passphraseKey({ prompt: (question) => passphrase.ask(question) }) : undefined
}

/** Asks for the passphrase of a vault in the terminal, and remembers whether the person would rather not. */
class PassphrasePrompt {
  readonly #ask: InteractionHandler['promptCredentials']
  isDeclined = false

  constructor(ask: InteractionHandler['promptCredentials']) {
    this.#ask = ask
  }

  async ask({ attempt, signal }: PassphraseRequest): Promise<string> {
    if (this.#ask === undefined) {
      throw new AccountError('ERR_VAULT_UNAVAILABLE', 'the passphrase has to be typed, and nobody is at a terminal')
    }
    const label = attempt === 1 ? 'Passphrase of the vault' : 'That was not it. Passphrase of the vault'
    const fields = [{ name: 'passphrase', label, secret: true, required: true }]
    try {
      return (await this.#ask({ fields, signal }))['passphrase']?.consume() ?? ''
    } catch (error) {
      this.isDeclined = isAccountError(error) && error.code === 'ERR_INTERACTION_CANCELED'
      throw error
    }
  }
}

function split(id: string): [string, string] {
  const colon = id.indexOf(':')
  return colon < 0 ? [id, ''] : [id.slice(0, colon), id.slice(colon + 1)]
}

/**
 * Makes this process serve the types whose authenticator is data. While the vault is locked its configurations are too;
 * its accounts are listed all the same, and so are those of a configuration that this version cannot read.
 */
async function registerRecorded(accounts: AccountManager): Promise<void> {
  if ((await accounts.health()).locked) return
  for (const { kind, options } of (await accounts.getAuthenticatorConfigurations()).values()) {
    const authenticator = readable(kind, options)
    if (authenticator !== undefined) accounts.registerAuthenticator(authenticator)
  }
}

/** An authenticator of a kind, or with options, that this version does not know is left alone. */
function readable(kind: string, options: Readonly<Record<string, unknown>>): Authenticator | undefined {
  try {
    if (kind === 'oauth') return createOAuthAuthenticator(options as unknown as OAuthAuthenticatorOptions)
    if (kind === 'secret') return createSecretAuthenticator(options as unknown as SecretAuthenticatorOptions)
  } catch {
    return undefined
  }
  return undefined
}
