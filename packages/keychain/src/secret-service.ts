import { sessionBusSockets } from './dbus/bus-address.ts'
import { DbusConnection, DbusError, DbusUnreachable, UNEXPECTED_ANSWER } from './dbus/dbus-connection.ts'
import type { WireValue } from './dbus/wire-writer.ts'

const SERVICE = 'org.freedesktop.secrets'
const SERVICE_PATH = '/org/freedesktop/secrets'
const SERVICE_INTERFACE = 'org.freedesktop.Secret.Service'
const COLLECTION_INTERFACE = 'org.freedesktop.Secret.Collection'
const PROMPT_INTERFACE = 'org.freedesktop.Secret.Prompt'
/** The path that stands for "none". */
const NO_OBJECT = '/'

/** What identifies an item: the same names and values with which it was stored. */
export type ItemAttributes = Readonly<Record<string, string>>

/**
 * Whether an item can be read now without asking anybody.
 *
 * `absent` is said only of an unlocked default collection: services hide the items of a locked one.
 */
export type ItemState =
  | { readonly kind: 'readable' }
  | { readonly kind: 'absent'; readonly why: string }
  | { readonly kind: 'locked'; readonly why: string; readonly locked: readonly string[]; readonly isItem: boolean }
  | { readonly kind: 'unavailable'; readonly why: string }

/**
 * The desktop's Secret Service, asked what the native keyring module cannot tell: is it locked?
 *
 * The module answers "nothing there" for a locked collection, and may raise a prompt that nothing can take back. The
 * questions here never raise one; only {@link SecretService.unlock} does.
 *
 * @see [Secret Service API](https://specifications.freedesktop.org/secret-service/latest/)
 */
export class SecretService {
  readonly #connection: DbusConnection

  private constructor(connection: DbusConnection) {
    this.#connection = connection
  }

  /** @throws {@link DbusUnreachable} without a session bus. */
  static async open(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<SecretService> {
    return new SecretService(await DbusConnection.open(sessionBusSockets(environment), signal))
  }

  close(): void {
    this.#connection.close()
  }

  /** Starts the service when the bus knows how to. */
  async stateOf(attributes: ItemAttributes): Promise<ItemState> {
    const [unlocked, locked] = (await this.#call(
      'SearchItems',
      'a{ss}',
      [Object.entries(attributes)],
      'aoao',
    )) as string[][]
    if (locked !== undefined && locked.length > 0) {
      return { kind: 'locked', why: 'the keychain entry is in a locked collection', locked, isItem: true }
    }
    if (unlocked !== undefined && unlocked.length > 0) return { kind: 'readable' }
    return await this.#defaultCollectionState()
  }

  /**
   * Unlocks `paths`, asking the person if it must.
   *
   * @returns `false` when the person dismissed the prompt, or none could be shown.
   */
  async unlock(paths: readonly string[]): Promise<boolean> {
    const [, prompt] = await this.#call('Unlock', 'ao', [paths], 'aoo')
    return prompt === NO_OBJECT || (await this.#showPrompt(String(prompt)))
  }

  async #defaultCollectionState(): Promise<ItemState> {
    const [path] = await this.#call('ReadAlias', 's', ['default'], 'o')
    const isLocked = path === NO_OBJECT ? undefined : await this.#isLocked(String(path))
    if (isLocked === undefined) {
      return { kind: 'unavailable', why: 'the Secret Service has no default collection; create a default keyring' }
    }
    return isLocked
      ? { kind: 'locked', why: 'the default collection is locked', locked: [String(path)], isItem: false }
      : { kind: 'absent', why: 'the Secret Service has no such entry' }
  }

  /** `undefined` when there is no such collection: an alias can outlive what it names. */
  async #isLocked(collection: string): Promise<boolean | undefined> {
    try {
      const [isLocked] = await this.#connection.call({
        destination: SERVICE,
        path: collection,
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        signature: 'ss',
        body: [COLLECTION_INTERFACE, 'Locked'],
        returns: 'v',
      })
      if (typeof isLocked !== 'boolean') throw new DbusError(UNEXPECTED_ANSWER)
      return isLocked
    } catch (error) {
      if (error instanceof DbusError && MISSING_OBJECT.has(error.name)) return undefined
      throw error
    }
  }

  async #showPrompt(path: string): Promise<boolean> {
    const rule = `type='signal',sender='${SERVICE}',interface='${PROMPT_INTERFACE}',path='${path}'`
    const completed = this.#connection.nextSignal(
      (message) => message.path === path && message.interface === PROMPT_INTERFACE && message.member === 'Completed',
    )
    const show = async (): Promise<void> => {
      await this.#connection.addMatch(rule)
      const call = { destination: SERVICE, path, interface: PROMPT_INTERFACE, member: 'Prompt' }
      await this.#connection.call({ ...call, signature: 's', body: [''] })
    }
    const [[isDismissed]] = await Promise.all([completed, show()])
    return isDismissed === false
  }

  async #call(
    member: string,
    signature: string,
    body: readonly WireValue[],
    returns: string,
  ): Promise<readonly WireValue[]> {
    const target = { destination: SERVICE, path: SERVICE_PATH, interface: SERVICE_INTERFACE }
    return await this.#connection.call({ ...target, member, signature, body, returns })
  }
}

const MISSING_OBJECT: ReadonlySet<string> = new Set([
  'org.freedesktop.DBus.Error.UnknownObject',
  'org.freedesktop.DBus.Error.UnknownMethod',
  'org.freedesktop.Secret.Error.NoSuchObject',
])

const LOCKED_ERROR = 'org.freedesktop.Secret.Error.IsLocked'
const NO_SERVICE_ERROR = 'org.freedesktop.DBus.Error.ServiceUnknown'

/** What a failed conversation with the Secret Service means for the key; `undefined` for errors of another kind. */
export function secretServiceFailure(error: unknown): { kind: 'locked' | 'unavailable'; why: string } | undefined {
  if (error instanceof DbusUnreachable) {
    const why =
      error.code === 'no address' ? 'there is no D-Bus session bus (is this a desktop session?)' : error.message
    return { kind: 'unavailable', why }
  }
  if (!(error instanceof DbusError)) return undefined
  if (error.name === LOCKED_ERROR) return { kind: 'locked', why: 'the Secret Service is locked' }
  if (error.name === NO_SERVICE_ERROR) {
    return { kind: 'unavailable', why: 'no Secret Service (such as gnome-keyring) runs on the D-Bus session bus' }
  }
  return { kind: 'unavailable', why: `the Secret Service failed: ${error.name}` }
}
