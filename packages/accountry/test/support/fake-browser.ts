import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

/** A browser that does what the test says with each page that it is started with. */
export interface FakeBrowser extends AsyncDisposable {
  /** For `$BROWSER`. */
  readonly command: string
  readonly opened: string[]
}

export async function startFakeBrowser(folder: string, visit: (url: URL) => Promise<void>): Promise<FakeBrowser> {
  const opened: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(decodeURIComponent((request.url ?? '').slice(1)))
    opened.push(url.href)
    void visit(url).finally(() => response.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const command = join(folder, 'browser')
  const script = `#!${process.execPath}\nfetch('http://127.0.0.1:${port}/' + encodeURIComponent(process.argv[2]))\n`
  await writeFile(command, script, { mode: 0o700 })
  return {
    command,
    opened,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
