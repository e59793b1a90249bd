import { expect, it } from 'vitest'
import { readHeldLeases } from '../src/vault/held-leases.ts'
import { Child } from './support/child.ts'
import { failureOf } from './support/failures.ts'
import { openManager, TYPE } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'
import { startTokenServer } from './support/token-server.ts'
import type { VaultRequest } from './support/vault-user.ts'

it('a lease is seen while its holder works, and when its holder died', async () => {
  const directory = tempFolder()
  const server = await startTokenServer('first')
  const manager = await openManager({ directory })
  const account = await manager.addAccountExplicitly({ type: TYPE, name: 'ana@example.com' }, { password: 'first' })
  expect(await readHeldLeases(directory)).toEqual([])

  const user = new Child<VaultRequest, unknown>(new URL('support/vault-user.ts', import.meta.url))
  await user.ask({ do: 'open', directory, server: server.url })
  const answer = failureOf(user.ask({ do: 'get-token', account: account.id, authTokenType: 'hang' }))
  await server.whenHanging(1)
  const resource = `account:${account.id}`
  const [held] = await readHeldLeases(directory)
  expect(held).toMatchObject({ resource, isOwnerAlive: true, hasIntent: true })

  await user.kill()
  await answer
  expect(await readHeldLeases(directory)).toEqual([{ ...held, isOwnerAlive: false }])
})
