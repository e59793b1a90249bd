/**
 * The authorization server as a process of its own, so that it outlives the clients of a test.
 *
 *     node authorization-server-main.js '{ "port": 0, "rotation": "strict" }'
 *
 * It prints one line of JSON with its address ({@link ServerAddress}), then answers calls ({@link ControlRequest}):
 * as messages when it was started with an IPC channel, else as lines of JSON on stdin and stdout. It ends when the
 * channel or stdin does.
 */
import { createInterface } from 'node:readline'
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server/authorization-server.ts'
import { answerControl, type ControlRequest, type ServerAddress } from './authorization-server/control.ts'

async function main(options: string | undefined): Promise<void> {
  const server = await startAuthorizationServer(JSON.parse(options ?? '{}'))
  const { issuer, clientId, confidentialClient, audience } = server
  const address: ServerAddress = { issuer, clientId, confidentialClient, audience, pid: process.pid }
  if (process.send === undefined) serveLines(server)
  else serveMessages(server)
  process.stdout.write(`${JSON.stringify(address)}\n`)
}

function serveMessages(server: AuthorizationServer): void {
  process.on('message', (request) => {
    void answerControl(server, request as ControlRequest).then((answer) => process.send?.(answer))
  })
  process.once('disconnect', () => void server.close())
}

function serveLines(server: AuthorizationServer): void {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    if (line.trim() === '') return
    void answerControl(server, JSON.parse(line)).then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`))
  })
  lines.once('close', () => void server.close())
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exitCode = 1
})
