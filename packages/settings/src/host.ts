import type { AccountManager, Clock } from '@accountry/accounts'
import type { SyncManager } from '@accountry/sync'
import type { Activities } from './activities.ts'
import type { EventStream } from './event-stream.ts'
import type { Questions } from './questions.ts'

/** What the rooms of an open page share. */
export interface Host {
  readonly accounts: AccountManager
  readonly sync: SyncManager | undefined
  readonly title: string
  readonly clock: Clock
  readonly questions: Questions
  readonly activities: Activities
  readonly stream: EventStream
}
