import { type Account, AccountManager } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { silentAuthenticator } from './silent-authenticator.ts'

/** One change that a writer makes. `value: undefined`: the account is removed. */
export interface Write {
  readonly name: string
  readonly value: string | undefined
}

export type WriterMessage = { readonly begin: Write } | { readonly done: Write } | { readonly failed: string }

const [directory = '', keyFile = '', writer = ''] = process.argv.slice(2)
const ACCOUNTS = 5

function send(message: WriterMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()))
}

// Writes without a pause, says what it is about to write and what is acknowledged, until it is killed.
try {
  const manager = await AccountManager.open({
    app: { id: 'com.example.chaos' },
    directory,
    keyProvider: fileKey({ path: keyFile }),
    authenticators: [silentAuthenticator()],
  })
  for (let step = 0; ; step++) {
    const name = `${writer}-${step % ACCOUNTS}`
    const known = await manager.findAccount('com.example', name)
    const value = step % 11 === 10 ? undefined : `${process.pid}-${step}`
    await send({ begin: { name, value } })
    await write(manager, known, name, value)
    await send({ done: { name, value } })
  }
} catch (error) {
  await send({ failed: String(error) })
}

async function write(
  manager: AccountManager,
  known: Account | undefined,
  name: string,
  value: string | undefined,
): Promise<void> {
  if (value === undefined) {
    if (known !== undefined) await manager.removeAccountExplicitly(known)
  } else if (known === undefined) {
    await manager.addAccountExplicitly({ type: 'com.example', name }, { password: value })
  } else {
    await manager.setPassword(known, value)
  }
}
