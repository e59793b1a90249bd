import { openStore, type StoreKind } from '../stores/store.ts'

/** One change that a writer makes. `value: undefined`: the account is removed. */
export interface Write {
  readonly name: string
  readonly value: string | undefined
}

export type WriterMessage =
  | { readonly opened: true }
  | { readonly begin: Write }
  | { readonly done: Write }
  | { readonly failed: string }

const [kind = 'accountry', folder = '', writer = ''] = process.argv.slice(2)
const ACCOUNTS = 5

function send(message: WriterMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()))
}

// Writes without a pause, says what it is about to write and what is acknowledged, until it is killed.
try {
  const store = await openStore(kind as StoreKind, folder)
  await send({ opened: true })
  for (let step = 0; ; step++) {
    const name = `${writer}-${step % ACCOUNTS}`
    const value = step % 11 === 10 ? undefined : `${process.pid}-${step}`
    await send({ begin: { name, value } })
    await store.write(name, value)
    await send({ done: { name, value } })
  }
} catch (error) {
  await send({ failed: String(error) })
}
