import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RecordedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface RecordingServer extends AsyncDisposable {
  readonly origin: string
  readonly requests: RecordedRequest[]
}

type Answer = (request: RecordedRequest, response: ServerResponse, index: number) => void

/** A real server on 127.0.0.1 that keeps what it received and answers as told. */
export async function startServer(answer: Answer): Promise<RecordingServer> {
  const requests: RecordedRequest[] = []
  const server = createServer((incoming, response) => {
    void bodyOf(incoming).then((body) => {
      const { method = '', url = '', headers } = incoming
      const request = { method, url, headers, body }
      requests.push(request)
      answer(request, response, requests.length - 1)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Answers 200 to the last token and 401 to all others. */
export function accepting(token: string, challenge = 'Bearer error="invalid_token"'): Answer {
  return (request, response) => {
    if (request.headers.authorization?.endsWith(` ${token}`)) {
      response.end('ok')
    } else {
      response.writeHead(401, { 'www-authenticate': challenge }).end('no')
    }
  }
}
