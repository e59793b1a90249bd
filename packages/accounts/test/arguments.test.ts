import { readdirSync } from 'node:fs'
import { inspect } from 'node:util'
import { AccountManager } from '@accountry/accounts'
import { describe, expect, it } from 'vitest'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'
import { WRONG_ARGUMENTS } from './support/wrong-arguments.ts'
import { CANARY, type Method } from './support/wrong-values.ts'

const ROWS = Object.entries(WRONG_ARGUMENTS).flatMap(([method, rows]) =>
  rows.map((row) => [method as Method, ...row] as const),
)

describe('the table of wrong arguments', () => {
  it('has a row for every method that takes any', () => {
    const methods = Object.getOwnPropertyNames(AccountManager.prototype).filter(
      (name) => !['constructor', 'app', 'directory'].includes(name),
    )
    expect(Object.keys(WRONG_ARGUMENTS).sort()).toEqual(methods.sort())
  })

  it('is refused row by row, with the option and the kind of what was received, and nothing changes', async () => {
    const directory = tempFolder()
    const manager = await openManager({ directory })
    const { id } = await manager.addAccountExplicitly({ type: TYPE, name: 'ana' }, { password: 'p' })
    // A token in memory takes another way, which has to refuse the same.
    await manager.getAuthToken(id, 't')
    const before = [readdirSync(directory).sort(), await stateOf(manager)]
    for (const [method, args, message] of ROWS) {
      const given = args.map((arg) => (arg === 'ana' && method !== 'findAccount' ? id : arg))
      const what = `${method}(${args.map((arg) => inspect(arg)).join(', ')})`
      const error = await refusalOf(manager, method, given, what)
      expect([what, error.name], error.stack ?? '').toEqual([what, expect.stringMatching(/^(Type|Range)Error$/)])
      expect([what, error.message]).toEqual([what, expect.stringContaining(message)])
      expect([what, error.message]).toEqual([what, expect.not.stringContaining(CANARY)])
    }
    expect([readdirSync(directory).sort(), await stateOf(manager)]).toEqual(before)
  })
})

async function refusalOf(
  manager: AccountManager,
  method: Method,
  args: readonly unknown[],
  what: string,
): Promise<Error> {
  try {
    const call = manager[method] as unknown as (...args: unknown[]) => unknown
    await call.apply(manager, [...args])
  } catch (error) {
    return error as Error
  }
  throw new Error(`${what} took it`)
}

async function stateOf(manager: AccountManager): Promise<unknown> {
  const accounts = await manager.getAccounts()
  const secrets = await Promise.all(accounts.map(async (known) => await manager.getPassword(known)))
  return [accounts, secrets, await manager.getKeyProviders(), manager.getAuthenticatorTypes()]
}
