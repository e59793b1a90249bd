import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { InteractionHandler } from 'accountry'

/** A program for `$BROWSER` in whose windows a scripted person signs in. */
export interface ScriptedBrowser extends AsyncDisposable {
  readonly command: string
}

export async function startScriptedBrowser(folder: string, person: InteractionHandler): Promise<ScriptedBrowser> {
  const server = createServer((request, response) => {
    const url = new URL(decodeURIComponent((request.url ?? '').slice(1)))
    void person.openBrowser?.({ url, signal: AbortSignal.timeout(20_000) }).finally(() => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const command = join(folder, 'browser')
  const script = `#!${process.execPath}\nfetch('http://127.0.0.1:${port}/' + encodeURIComponent(process.argv[2]))\n`
  await writeFile(command, script, { mode: 0o700 })
  return {
    command,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
