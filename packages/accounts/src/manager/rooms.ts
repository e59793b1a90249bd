import { AccountEditor } from '../account-editor.ts'
import { Chooser } from '../chooser.ts'
import { Grants } from '../grants.ts'
import type { OpenedManager } from '../open-manager.ts'
import { Questions } from '../questions.ts'
import { Removal } from '../removal.ts'
import { Sessions } from '../sessions.ts'
import { SignIn } from '../sign-in.ts'
import { TokenSource } from '../token-source.ts'
import { Transfer } from '../transfer.ts'
import { Visibility } from '../visibility.ts'
import { AccountPicker } from './account-picker.ts'
import { AccountReader } from './account-reader.ts'
import { AccountWriter } from './account-writer.ts'
import { AuthenticatorRegistry } from './authenticator-registry.ts'
import { Sharing } from './sharing.ts'
import { SignInDesk } from './sign-in-desk.ts'
import { TokenDesk } from './token-desk.ts'
import { VaultKeys } from './vault-keys.ts'

/** What stands behind an AccountManager: one room for each kind of wish, over one engine. */
export class Rooms {
  readonly opened: OpenedManager
  readonly registry: AuthenticatorRegistry
  readonly reader: AccountReader
  readonly picker: AccountPicker
  readonly writer: AccountWriter
  readonly signIn: SignInDesk
  readonly tokens: TokenDesk
  readonly sharing: Sharing
  readonly keys: VaultKeys
  readonly transfer: Transfer
  readonly #source: TokenSource
  readonly #removal: Removal

  constructor(opened: OpenedManager) {
    const { engine } = opened
    this.opened = opened
    this.#source = new TokenSource(engine, opened.ahead)
    this.#removal = new Removal(engine)
    const { credentials } = this.#source
    const questions = new Questions(engine, credentials)
    const editor = new AccountEditor(engine)
    const visibility = new Visibility(engine)
    const grants = new Grants(engine)
    const signIn = new SignIn(engine, credentials)
    this.registry = new AuthenticatorRegistry(engine, this.#removal)
    this.reader = new AccountReader(engine, questions)
    this.picker = new AccountPicker(engine, this.reader, new Chooser(engine, visibility), editor, signIn)
    this.writer = new AccountWriter(engine, editor, credentials, this.#removal, questions)
    this.signIn = new SignInDesk(engine, signIn, new Sessions(engine, credentials, signIn), questions, editor)
    this.tokens = new TokenDesk(engine, this.#source, grants, this.picker, signIn)
    this.sharing = new Sharing(engine, visibility, grants)
    this.keys = new VaultKeys(opened, this.#source)
    this.transfer = new Transfer(engine, credentials)
  }

  /** Resolves when every change so far is durable and announced. */
  async flush(): Promise<void> {
    this.opened.engine.checkOpen()
    await this.#source.credentials.saveUnsaved()
    await this.opened.engine.settled()
    this.opened.engine.lookNow()
  }

  async close(): Promise<void> {
    this.opened.engine.markClosed()
    this.opened.ahead?.stop()
    await this.#source.settled()
    await this.#removal.stop()
    await this.registry.settled()
    await this.keys.settled()
    await this.#source.credentials.saveUnsaved().catch(() => undefined)
    this.#source.credentials.stop()
    this.opened.close()
  }
}
