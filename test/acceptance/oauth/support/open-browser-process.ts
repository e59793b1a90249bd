import { connectToTest } from '@accountry/testing'
import { terminalInteraction } from 'accountry'

/** Opens the browser as the command does, in a process whose environment says which browser that is. */
async function main(): Promise<void> {
  const test = connectToTest<{ readonly url: string }, { readonly opened: boolean }>()
  const { url } = await test.next()
  await terminalInteraction().openBrowser?.({ url: new URL(url), signal: new AbortController().signal })
  await test.send({ opened: true })
  test.close()
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`)
  process.exitCode = 1
})
