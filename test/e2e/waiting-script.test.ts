import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startAuthorizationServer } from '@accountry/testing'
import { expect, test, vi } from 'vitest'
import type { VaultPlace } from './support/example-vault.ts'
import { prepareVault } from './support/prepared-vault.ts'

test('a script stays alive while it waits for the token that another process gets, and gets the same', async () => {
  await using server = await startAuthorizationServer({ rotation: 'strict' })
  await using prepared = await prepareVault(server)
  const { promise: hold, resolve: answer } = Promise.withResolvers<void>()
  server.faults.next('token', { hold })

  const first = startScript(prepared.place)
  await vi.waitFor(() => expect(server.requestsTo('token')).toHaveLength(1), { timeout: 10_000 })
  const second = startScript(prepared.place)
  await second.asking
  // Long enough for it to be waiting for the other's lease, with nothing else to do.
  await pause(300)
  answer()

  const [one, other] = await Promise.all([first.ended, second.ended])
  expect(one).toMatchObject({ code: 0, output: expect.stringMatching(/^ey/) })
  expect(other).toEqual(one)
  expect(server.requestsTo('token')).toHaveLength(1)
})

interface Script {
  readonly asking: Promise<void>
  readonly ended: Promise<{ code: number | null; output: string }>
}

function startScript(place: VaultPlace): Script {
  const script = fileURLToPath(new URL('support/print-token.ts', import.meta.url))
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    [script, JSON.stringify(place)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  return {
    asking: new Promise((resolve) => child.stderr.once('data', () => resolve())),
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, output }))),
  }
}
