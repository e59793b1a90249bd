import type { Database } from '@accountry/accounts/foundation'
import type { ServiceRecord, ServiceTable } from '../operation-store.ts'
import { all, number, one, orNull, type Row } from './columns.ts'

const COLUMNS = [
  'account_type',
  'authority',
  'network',
  'supports_uploading',
  'is_always_syncable',
  'user_visible',
  'asks_readiness',
  'registered',
  'default_auto',
  'default_period_ms',
  'default_flex_ms',
]

const PUT = `INSERT INTO services (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})
  ON CONFLICT (account_type, authority) DO UPDATE SET
    ${COLUMNS.slice(2)
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}
  RETURNING *`

export function serviceTable(database: Database): ServiceTable {
  return {
    list: () => all(database.prepare('SELECT * FROM services ORDER BY id')).map(toService),
    get(id) {
      const row = one(database.prepare('SELECT * FROM services WHERE id = ?'), id)
      return row && toService(row)
    },
    find(accountType, authority) {
      const sql = 'SELECT * FROM services WHERE account_type = ? AND authority = ?'
      const row = one(database.prepare(sql), accountType, authority)
      return row && toService(row)
    },
    put(service) {
      const row = one(
        database.prepare(PUT),
        service.accountType,
        service.authority,
        service.network,
        Number(service.supportsUploading),
        Number(service.isAlwaysSyncable),
        Number(service.userVisible),
        Number(service.asksReadiness),
        Number(service.registered),
        Number(service.defaultAuto),
        orNull(service.defaultPeriodMs),
        orNull(service.defaultFlexMs),
      )
      return toService(row as Row)
    },
  }
}

function toService(row: Row): ServiceRecord {
  return {
    id: Number(row['id']),
    accountType: String(row['account_type']),
    authority: String(row['authority']),
    network: row['network'] as ServiceRecord['network'],
    supportsUploading: row['supports_uploading'] === 1,
    isAlwaysSyncable: row['is_always_syncable'] === 1,
    userVisible: row['user_visible'] === 1,
    asksReadiness: row['asks_readiness'] === 1,
    registered: row['registered'] === 1,
    defaultAuto: row['default_auto'] === 1,
    defaultPeriodMs: number(row['default_period_ms']),
    defaultFlexMs: number(row['default_flex_ms']),
  }
}
