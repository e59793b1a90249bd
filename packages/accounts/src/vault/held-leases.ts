import { Database } from '../storage/database.ts'
import { Liveness } from '../storage/liveness.ts'
import { APPLICATION_ID, MIGRATIONS } from './schema.ts'
import { vaultFiles } from './vault-files.ts'

/** A lease of a vault as it stands, for whoever looks for what is stuck. */
export interface HeldLease {
  /** The same ticket at a later look: the same holder is still at it. */
  readonly ticket: number
  /** What it is held on: `account:<id>` while that account's token is renewed. */
  readonly resource: string
  /** A dead owner hinders nobody: whoever needs the lease next takes it over. */
  readonly isOwnerAlive: boolean
  /** A request was announced and its answer is not recorded. */
  readonly hasIntent: boolean
}

/**
 * The leases that are held in the vault of a folder. Changes none of them.
 *
 * @throws AccountError when the vault cannot be read.
 */
export async function readHeldLeases(directory: string): Promise<HeldLease[]> {
  const files = vaultFiles(directory)
  const database = await Database.open({
    file: files.database,
    migrations: MIGRATIONS,
    applicationId: APPLICATION_ID,
    isKnown: true,
  })
  try {
    // Who waits stands behind the holder, whose ticket is the lowest.
    const sql = 'SELECT min(ticket) AS ticket, resource, owner, intent FROM lease GROUP BY resource ORDER BY ticket'
    const rows = database.prepare(sql).all() as unknown as Row[]
    if (rows.length === 0 || database.readOnly) return []
    const liveness = Liveness.open(files.alive)
    try {
      return rows.map(({ ticket, resource, owner, intent }) => ({
        ticket,
        resource,
        isOwnerAlive: liveness.isAlive(owner),
        hasIntent: intent !== null,
      }))
    } finally {
      liveness.close()
    }
  } finally {
    database.close()
  }
}

interface Row {
  readonly ticket: number
  readonly resource: string
  readonly owner: string
  readonly intent: string | null
}
