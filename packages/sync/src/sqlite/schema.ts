/** `PRAGMA application_id` of a sync database: the bytes "AcSy". */
export const SYNC_APPLICATION_ID = 0x41635379

/**
 * Each brings the schema one version further; within a major version they only add.
 *
 * Two unique indexes carry promises across processes: `operations_busy_target` that no target is synchronised twice at
 * the same time, `operations_busy_slot` that an adapter which is not parallel runs once.
 */
export const SYNC_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE services (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_type TEXT NOT NULL,
    authority TEXT NOT NULL,
    network TEXT NOT NULL,
    supports_uploading INTEGER NOT NULL,
    is_always_syncable INTEGER NOT NULL,
    user_visible INTEGER NOT NULL,
    asks_readiness INTEGER NOT NULL,
    registered INTEGER NOT NULL,
    default_auto INTEGER NOT NULL,
    default_period_ms REAL,
    default_flex_ms REAL,
    UNIQUE (account_type, authority)
  ) STRICT;

  CREATE TABLE targets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service INTEGER NOT NULL REFERENCES services (id),
    account_id TEXT NOT NULL,
    account_type TEXT NOT NULL,
    authority TEXT NOT NULL,
    syncable INTEGER NOT NULL,
    auto INTEGER NOT NULL,
    backoff_ms REAL NOT NULL,
    backoff_until_at REAL NOT NULL,
    delay_until_at REAL NOT NULL,
    delay_set_at REAL NOT NULL,
    parked_at REAL,
    parked_reason TEXT,
    parked_revision INTEGER,
    deletions_held INTEGER NOT NULL,
    cursor TEXT,
    status TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (account_id, authority)
  ) STRICT;
  CREATE INDEX targets_parked ON targets (account_id) WHERE parked_at IS NOT NULL;
  CREATE INDEX targets_backed_off ON targets (id) WHERE backoff_until_at > 0;
  CREATE INDEX targets_waiting ON targets (id) WHERE backoff_until_at > 0 OR delay_until_at > 0;
  CREATE INDEX targets_of_service ON targets (service);

  CREATE TABLE operations (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    target INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    service INTEGER NOT NULL,
    extras TEXT NOT NULL,
    flags INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    created_at REAL NOT NULL,
    not_before_at REAL NOT NULL,
    due_at REAL NOT NULL,
    waiting_since REAL NOT NULL,
    periodic INTEGER,
    requester TEXT NOT NULL,
    claimed_by TEXT,
    started_at REAL,
    stop TEXT,
    slot TEXT,
    progress TEXT
  ) STRICT;
  CREATE INDEX operations_of_target ON operations (target, flags, extras);
  CREATE INDEX operations_of_periodic ON operations (periodic) WHERE periodic IS NOT NULL;
  CREATE INDEX operations_due ON operations (service, gate, lane, due_at) WHERE state = 'queued';
  CREATE UNIQUE INDEX operations_busy_target ON operations (target) WHERE state IN ('running', 'stuck');
  CREATE UNIQUE INDEX operations_busy_slot ON operations (slot) WHERE slot IS NOT NULL;

  CREATE TABLE periodics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target INTEGER NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    service INTEGER NOT NULL,
    extras TEXT NOT NULL,
    period_ms REAL NOT NULL,
    flex_ms REAL NOT NULL,
    due_at REAL NOT NULL,
    open_at REAL NOT NULL,
    armed INTEGER NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (target, extras)
  ) STRICT;
  CREATE INDEX periodics_due ON periodics (service, due_at) WHERE armed = 1;
  CREATE INDEX periodics_open ON periodics (service, open_at) WHERE armed = 1;

  CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL,
    account_id TEXT NOT NULL,
    account_type TEXT NOT NULL,
    authority TEXT NOT NULL,
    started_at REAL NOT NULL,
    duration_ms REAL NOT NULL,
    outcome TEXT NOT NULL,
    result TEXT NOT NULL,
    reason TEXT NOT NULL,
    source TEXT NOT NULL,
    initialize INTEGER NOT NULL,
    stats TEXT NOT NULL,
    message TEXT
  ) STRICT;

  CREATE TABLE days (
    day INTEGER PRIMARY KEY,
    success_count INTEGER NOT NULL,
    success_ms REAL NOT NULL,
    failure_count INTEGER NOT NULL,
    failure_ms REAL NOT NULL
  ) STRICT;

  CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    operation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at REAL NOT NULL
  ) STRICT;
  `,
]
