import { join } from 'node:path'
import { Database } from '../../src/storage/database.ts'
import { LEASE_TABLE, type Lease, Leases } from '../../src/storage/leases.ts'
import { Liveness } from '../../src/storage/liveness.ts'
import { serve } from './serve.ts'

export type LeaseRequest =
  | { readonly do: 'acquire'; readonly folder: string; readonly intent?: string; readonly waitMs?: number }
  | { readonly do: 'release' }

let lease: Lease | undefined

/** Holds a lease in another process until it is told to release it, or is killed. */
serve(async (request: LeaseRequest): Promise<number> => {
  if (request.do === 'release') {
    await lease?.release()
    return Date.now()
  }
  const { database, leases } = await openLeases(request.folder)
  lease = await leases.acquire('resource', { waitMs: request.waitMs ?? 10_000 })
  if (request.intent !== undefined) await database.write(() => lease?.setIntent(request.intent))
  return lease?.ticket ?? 0
})

async function openLeases(folder: string): Promise<{ database: Database; leases: Leases }> {
  const database = await Database.open({ file: join(folder, 'leases.db'), migrations: [LEASE_TABLE], applicationId: 1 })
  return { database, leases: new Leases(database, Liveness.open(join(folder, 'alive'))) }
}
