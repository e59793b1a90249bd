import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Database } from '../../src/storage/database.ts'
import { LEASE_TABLE, Leases } from '../../src/storage/leases.ts'
import { Liveness } from '../../src/storage/liveness.ts'

export interface LeaseRoom {
  readonly database: Database
  readonly liveness: Liveness
  readonly leases: Leases
}

/** What one process has to share leases in `folder`. */
export async function openLeaseRoom(folder: string): Promise<LeaseRoom> {
  const database = await Database.open({ file: join(folder, 'leases.db'), migrations: [LEASE_TABLE], applicationId: 1 })
  const liveness = Liveness.open(join(folder, 'alive'))
  onTestFinished(() => {
    liveness.close()
    database.close()
  })
  return { database, liveness, leases: new Leases(database, liveness) }
}
