import type { Account } from './account.ts'
import { grantReason } from './announcement.ts'
import { awaitForCaller } from './caller-signal.ts'
import type { Engine } from './engine.ts'
import { AccountError } from './errors.ts'
import type { InteractionHandler } from './interaction.ts'
import { askPerson } from './person-call.ts'
import { TokenLabels } from './token-labels.ts'
import type { AccountRecord } from './vault/account-records.ts'

/** A remembered answer to "may this app have such tokens of this account?". */
export interface AuthTokenGrant {
  readonly account: Account
  readonly authTokenType: string
  readonly principal: string
  /** `false`: the person said no, and is not asked again until the owner changes it. */
  readonly allowed: boolean
}

type Confirm = NonNullable<InteractionHandler['confirmGrant']>

/** Consent between apps that share a vault: an owner needs none, a stranger needs one per account and token type. */
export class Grants {
  readonly #engine: Engine
  readonly #labels: TokenLabels
  /** What the person is being asked: many callers, one prompt. */
  readonly #questions = new Map<string, Promise<boolean>>()

  constructor(engine: Engine) {
    this.#engine = engine
    this.#labels = new TokenLabels(engine)
  }

  of(record: AccountRecord): AuthTokenGrant[] {
    const sql =
      'SELECT token_type, principal, allowed FROM token_grant WHERE account = ? ORDER BY principal, token_type'
    return this.#engine.vault.database
      .prepare(sql)
      .all(record.account.id)
      .map((row) => ({
        account: record.account,
        authTokenType: String(row['token_type']),
        principal: String(row['principal']),
        allowed: row['allowed'] === 1,
      }))
  }

  async set(record: AccountRecord, authTokenType: string, principal: string, allowed: boolean): Promise<void> {
    if (this.#answer(record, authTokenType, principal) === allowed) return
    await this.#engine.commit((announce) => {
      this.#engine.current(record.account)
      this.#engine.vault.database
        .prepare('INSERT OR REPLACE INTO token_grant (account, token_type, principal, allowed) VALUES (?, ?, ?, ?)')
        .run(record.account.id, authTokenType, principal, allowed ? 1 : 0)
      announce({ event: 'account:access', account: record.account, reason: grantReason(principal) })
    })
  }

  /** Forgets the answer, so that the person is asked again. */
  async revoke(record: AccountRecord, authTokenType: string, principal: string): Promise<void> {
    if (this.#answer(record, authTokenType, principal) === undefined) return
    await this.#engine.commit((announce) => {
      this.#engine.vault.database
        .prepare('DELETE FROM token_grant WHERE account = ? AND token_type = ? AND principal = ?')
        .run(record.account.id, authTokenType, principal)
      announce({ event: 'account:access', account: record.account, reason: grantReason(principal) })
    })
  }

  /**
   * Lets an owner through, and a stranger with a grant.
   *
   * @throws AccountError `ERR_INTERACTION_REQUIRED` with action `'allow'`, or `ERR_DENIED` (`grant_denied`).
   */
  async check(
    record: AccountRecord,
    authTokenType: string,
    isInteractive: boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    const { app, interaction } = this.#engine
    const { account } = record
    if (this.#engine.sight.isOwned(record)) return
    const answer = this.#answer(record, authTokenType, app.id)
    if (answer === true) return
    if (answer === false) throw denied(record, app.id)
    const confirm = isInteractive ? interaction?.confirmGrant?.bind(interaction) : undefined
    if (confirm === undefined) throw notGranted(record, app.id)
    const question = `${account.id}\n${authTokenType}`
    const asked = this.#questions.get(question) ?? this.#ask(record, authTokenType, confirm)
    this.#questions.set(question, asked)
    const isAllowed = await awaitForCaller(asked, signal, 'asking for consent').finally(() => {
      this.#questions.delete(question)
    })
    if (!isAllowed) throw denied(record, app.id)
  }

  async #ask(record: AccountRecord, authTokenType: string, confirm: Confirm): Promise<boolean> {
    const { account } = record
    const { app } = this.#engine
    const answer = await askPerson(this.#engine, {
      what: `asking for tokens of ${account.name}`,
      account,
      signal: undefined,
      ask: async (signal) =>
        await confirm({
          principal: app.id,
          account,
          authTokenTypeLabel:
            this.#labels.of(account.type, authTokenType) ?? authTokenType.replace(/^(?:scopes|type):/, ''),
          signal,
        }),
    })
    await this.set(record, authTokenType, app.id, answer === true)
    return answer === true
  }

  #answer(record: AccountRecord, authTokenType: string, principal: string): boolean | undefined {
    const sql = 'SELECT allowed FROM token_grant WHERE account = ? AND token_type = ? AND principal = ?'
    const row = this.#engine.vault.database.prepare(sql).get(record.account.id, authTokenType, principal)
    return row === undefined ? undefined : row['allowed'] === 1
  }
}

function notGranted({ account }: AccountRecord, principal: string): AccountError {
  return new AccountError(
    'ERR_INTERACTION_REQUIRED',
    `${principal} may not have tokens of ${account.name} (${account.type}) yet; the person, or the app that owns the account, has to allow it`,
    { account, action: 'allow', reason: 'not_granted' },
  )
}

function denied({ account }: AccountRecord, principal: string): AccountError {
  return new AccountError(
    'ERR_DENIED',
    `${principal} was refused tokens of ${account.name} (${account.type}); the app that owns the account can change that`,
    { account, action: 'allow', reason: 'grant_denied' },
  )
}
