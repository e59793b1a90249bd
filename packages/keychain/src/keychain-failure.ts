import type { Refusal } from './refusal.ts'

/**
 * What the messages of the keychains mean; the native modules give no codes. First match wins.
 *
 * The macOS rows are Security.framework's texts for `errSecInteractionNotAllowed`, `errSecAuthFailed` and
 * `errSecUserCanceled`: a keychain that may open later, so never "lost".
 */
const MEANINGS: readonly (readonly [RegExp, Refusal['kind'], string])[] = [
  [/prompt was dismissed|prompt dismissed/i, 'locked', 'the unlock prompt was dismissed, or none could be shown'],
  [/object locked|IsLocked|locked collection/i, 'locked', 'the keychain is locked'],
  [/interaction is not allowed/i, 'locked', 'the keychain is locked and may not ask (a remote session?)'],
  [/user name or passphrase|authorization.*failed/i, 'locked', 'the keychain did not accept the authorization'],
  [/cancell?ed/i, 'locked', 'the keychain prompt was canceled'],
  [/not provided by any \.service files/i, 'unavailable', 'no Secret Service runs on the D-Bus session bus'],
  [/autolaunch|failed to connect|could not connect/i, 'unavailable', 'there is no D-Bus session bus'],
  [/did not receive a reply|disconnected|connection was/i, 'unavailable', 'the Secret Service ended during the call'],
  [/session wrapping the secret/i, 'unavailable', 'the Secret Service was restarted; restart this program too'],
  [/no result found/i, 'unavailable', 'the Secret Service has no default collection; create a default keyring'],
  [/matched by/i, 'corrupt', 'the keychain has several entries under this name'],
]

/**
 * Classes the failure of a native keychain module.
 *
 * Of one that is not known only the name and code are told: a module may quote in its message what it was given to keep.
 */
export function keychainFailure(error: unknown): Refusal {
  const { message, name, code }: NodeJS.ErrnoException = error instanceof Error ? error : new Error()
  const meaning = MEANINGS.find(([pattern]) => pattern.test(message))
  if (meaning !== undefined) return { kind: meaning[1], why: meaning[2] }
  const told = [name, code].filter((word) => typeof word === 'string' && /^\w{1,40}$/.test(word)).join(' ')
  return { kind: 'unavailable', why: `the keychain failed (${told === '' ? 'Error' : told})` }
}

/** What a native module that cannot be loaded means. */
export function missingModule(name: string): Refusal {
  const cure = `install ${name} beside the app (bundlers must leave it out), or pass the module itself as an option`
  return { kind: 'unavailable', why: `the native module ${name} cannot be loaded on this machine; ${cure}` }
}
