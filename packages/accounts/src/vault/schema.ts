import { LEASE_TABLE } from '../storage/leases.ts'

/** "Acct" in ASCII: what `PRAGMA application_id` says in a vault. */
export const APPLICATION_ID = 0x41636374

/** The major version of the format: a vault with a larger one is `ERR_VAULT_NEWER`. */
export const FORMAT = 1

/**
 * The schema, as steps that only ever add: versions of one major share a vault.
 *
 * `account` is the index that can be read while the vault is locked. Everything secret lies in `sealed` and `token`; those
 * two have row ids, because SQLite keeps rows of their size in one piece only in such tables: a change writes a third less.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE header (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE key_slot (
    provider TEXT PRIMARY KEY,
    protection TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('store', 'wrap')),
    key_name TEXT NOT NULL,
    wrapped_slot_key BLOB,
    key_check BLOB NOT NULL,
    wrapped_data_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE key_link (
    old_key TEXT PRIMARY KEY,
    new_key TEXT NOT NULL,
    wrapped_data_key BLOB NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE account (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    previous_name TEXT,
    creator TEXT NOT NULL,
    position INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'ok',
    reason TEXT,
    challenge TEXT,
    transient_code TEXT,
    retry_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    doubtful TEXT,
    attention INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    last_authenticated_at INTEGER,
    issuer TEXT,
    client_id TEXT,
    subject TEXT,
    generation INTEGER NOT NULL DEFAULT 1,
    credential_revision INTEGER NOT NULL DEFAULT 1,
    UNIQUE (type, name)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX account_by_position ON account (position);

  CREATE INDEX account_by_identity ON account (type, issuer, subject) WHERE subject IS NOT NULL;

  CREATE TABLE sealed (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('credential', 'profile')),
    data BLOB NOT NULL,
    PRIMARY KEY (account, kind)
  ) STRICT;

  CREATE TABLE token (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (account, key)
  ) STRICT;

  CREATE INDEX token_by_fingerprint ON token (fingerprint);

  CREATE TABLE default_account (
    type TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE visibility (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    visibility TEXT NOT NULL,
    PRIMARY KEY (account, principal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE token_grant (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token_type TEXT NOT NULL,
    principal TEXT NOT NULL,
    allowed INTEGER NOT NULL,
    PRIMARY KEY (account, token_type, principal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE revocation (
    account TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    issuer TEXT,
    client_id TEXT,
    subject TEXT,
    data BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    retry_at INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE authenticator_record (
    type TEXT PRIMARY KEY,
    data BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE used_session (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE change (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    account TEXT,
    type TEXT,
    name TEXT,
    reason TEXT,
    origin TEXT NOT NULL
  ) STRICT;
  ${LEASE_TABLE}
  `,
  `
  CREATE TABLE token_label (
    type TEXT NOT NULL,
    token_type TEXT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (type, token_type)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE account ADD COLUMN login TEXT;

  CREATE INDEX account_by_login ON account (type, login) WHERE login IS NOT NULL;

  ALTER TABLE token ADD COLUMN expires_at INTEGER;
  `,
]
