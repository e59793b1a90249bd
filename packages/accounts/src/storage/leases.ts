import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { AccountError, isAccountError } from '../errors.ts'
import { isBusy } from './busy.ts'
import type { Database } from './database.ts'
import type { Liveness } from './liveness.ts'

/** The table behind {@link Leases}; part of the schema of the database that holds it. */
export const LEASE_TABLE = `
  CREATE TABLE lease (
    ticket INTEGER PRIMARY KEY AUTOINCREMENT,
    resource TEXT NOT NULL,
    owner TEXT NOT NULL,
    intent TEXT
  ) STRICT;
  CREATE INDEX lease_by_resource ON lease (resource, ticket);
`

const POLL_STEP_MS = 2
const LONGEST_POLL_MS = 12
const LIVENESS_CHECK_MS = 20
const RELEASE_AGAIN_MS = 500

export interface AcquireOptions {
  /** How long to stand in the queue. */
  readonly waitMs: number
  readonly signal?: AbortSignal | undefined
  /** Asked in each round while waiting: `true` leaves the queue, because somebody else did the work. */
  readonly isAnswered?: () => boolean
}

/** The right to be the only one, in all processes, that works on a resource. */
export interface Lease {
  /** Rises with every lease of this vault: the fence. */
  readonly ticket: number
  /** The intent of an owner that died while it held the lease. */
  readonly inheritedIntent: string | undefined
  /** Writes down what is about to be done; `undefined` clears it. Call inside a write transaction. */
  setIntent(intent: string | undefined): void
  /** Gives the lease back inside a write transaction of the caller. */
  releaseInside(): void
  /** Gives the lease back; again does nothing. */
  release(): Promise<void>
}

/** A lease whose owner died. */
export interface AbandonedLease {
  readonly resource: string
  readonly hasIntent: boolean
}

interface Head {
  ticket: number
  owner: string
  intent: string | null
}

/**
 * Leases on named resources, served first come, first served, across processes.
 *
 * A lease is a row; the oldest row of a resource holds it. The row of an owner that died is removed by whoever waits
 * behind it, and its intent goes to the next in the queue.
 */
export class Leases {
  readonly #database: Database
  readonly #liveness: Liveness

  constructor(database: Database, liveness: Liveness) {
    this.#database = database
    this.#liveness = liveness
  }

  /**
   * @returns The lease, or `undefined` when `isAnswered` said that it is no longer needed.
   * @throws AccountError `ERR_LOCK_TIMEOUT` (retryable) after `waitMs`, `ERR_ABORTED` by the signal.
   */
  async acquire(resource: string, options: AcquireOptions): Promise<Lease | undefined> {
    const ticket = await this.#enqueue(resource)
    let held = false
    try {
      held = await this.#waitForTurn(resource, ticket, options)
      return held ? this.#leaseOf(ticket) : undefined
    } finally {
      if (!held) await this.#database.write(() => this.#remove(ticket))
    }
  }

  /** What somebody who died still holds, with what it was about to do. Whoever waits for one of them clears it away. */
  abandoned(): AbandonedLease[] {
    const rows = this.#database.prepare('SELECT resource, owner, intent FROM lease ORDER BY ticket').all()
    const owners = new Map<string, boolean>()
    return rows.flatMap((row) => {
      const owner = String(row['owner'])
      const isAlive = owners.get(owner) ?? this.#liveness.isAlive(owner)
      owners.set(owner, isAlive)
      return isAlive ? [] : [{ resource: String(row['resource']), hasIntent: row['intent'] !== null }]
    })
  }

  async #enqueue(resource: string): Promise<number> {
    return await this.#database.write(() => {
      const insert = this.#database.prepare('INSERT INTO lease (resource, owner) VALUES (?, ?)')
      const ticket = Number(insert.run(resource, this.#liveness.owner).lastInsertRowid)
      this.#removeDead(resource, ticket)
      return ticket
    })
  }

  async #waitForTurn(resource: string, ticket: number, options: AcquireOptions): Promise<boolean> {
    const deadline = performance.now() + options.waitMs
    for (let checkedAt = performance.now(); ; ) {
      const ahead = this.#countAhead(resource, ticket)
      if (ahead === 0) return true
      if (options.isAnswered?.() === true) return false
      const now = performance.now()
      if (now >= deadline) throw timeout(options.waitMs)
      if (now - checkedAt >= LIVENESS_CHECK_MS) {
        checkedAt = now
        await this.#removeDeadAhead(resource, ticket)
        if (this.#countAhead(resource, ticket) === 0) return true
      }
      await this.#pause(Math.min(ahead * POLL_STEP_MS, LONGEST_POLL_MS), options.signal)
    }
  }

  async #removeDeadAhead(resource: string, ticket: number): Promise<void> {
    const owner = await this.#database.read(() => this.#head(resource).owner)
    if (this.#liveness.isAlive(owner)) return
    await this.#database.write(() => this.#removeDead(resource, ticket))
  }

  async #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await delay(ms * (0.75 + Math.random() / 2), undefined, { signal })
    } catch {
      throw new AccountError('ERR_ABORTED', 'waiting for another process was aborted by the caller', {
        reason: 'caller',
      })
    }
  }

  #leaseOf(ticket: number): Lease {
    const row = this.#database.prepare('SELECT intent FROM lease WHERE ticket = ?').get(ticket) as {
      intent: string | null
    }
    return {
      ticket,
      inheritedIntent: row.intent ?? undefined,
      setIntent: (intent) => {
        this.#database.prepare('UPDATE lease SET intent = ? WHERE ticket = ?').run(intent ?? null, ticket)
      },
      releaseInside: () => this.#remove(ticket),
      release: async () => await this.#release(ticket),
    }
  }

  /** The row may be gone with an earlier transaction; a disk that refuses is asked again, or others would wait for ever. */
  async #release(ticket: number): Promise<void> {
    if (!this.#exists(ticket)) return
    try {
      await this.#database.write(() => this.#remove(ticket))
    } catch (error) {
      if (!isAccountError(error) || error.code !== 'ERR_STORAGE_WRITE') throw error
      setTimeout(() => {
        this.#release(ticket).catch(() => undefined)
      }, RELEASE_AGAIN_MS).unref()
    }
  }

  #exists(ticket: number): boolean {
    return (
      this.#database.isOpen && this.#database.prepare('SELECT 1 FROM lease WHERE ticket = ?').get(ticket) !== undefined
    )
  }

  /** Takes dead owners from the head of the queue; the intent of one goes to the next. */
  #removeDead(resource: string, ownTicket: number): void {
    for (;;) {
      const head = this.#head(resource)
      if (head.ticket === ownTicket || this.#liveness.isAlive(head.owner)) return
      this.#remove(head.ticket)
      if (head.intent !== null) {
        this.#database
          .prepare('UPDATE lease SET intent = coalesce(intent, ?) WHERE ticket = ?')
          .run(head.intent, this.#head(resource).ticket)
      }
    }
  }

  #head(resource: string): Head {
    const sql = 'SELECT ticket, owner, intent FROM lease WHERE resource = ? ORDER BY ticket LIMIT 1'
    return this.#database.prepare(sql).get(resource) as unknown as Head
  }

  #countAhead(resource: string, ticket: number): number {
    const sql = 'SELECT count(*) AS ahead FROM lease WHERE resource = ? AND ticket < ?'
    try {
      return (this.#database.prepare(sql).get(resource, ticket) as { ahead: number }).ahead
    } catch (error) {
      if (isBusy(error)) return 1
      throw error
    }
  }

  #remove(ticket: number): void {
    this.#database.prepare('DELETE FROM lease WHERE ticket = ?').run(ticket)
  }
}

function timeout(waitMs: number): AccountError {
  return new AccountError(
    'ERR_LOCK_TIMEOUT',
    `another process worked on this account for longer than ${waitMs} ms; try again`,
    { retryable: true },
  )
}
