import type { Scenario } from '../scenario.ts'
import { fullDisk } from './full-disk.ts'
import { killedRefreshesStrict, killedRefreshesWithGrace } from './killed-refreshes.ts'
import { killedSyncs } from './killed-syncs.ts'
import { killedWriters } from './killed-writers.ts'
import { stoppedHolder } from './stopped-holder.ts'
import { storm } from './storm.ts'
import { waiting } from './waiting.ts'

/** Every way in which the world is made to go wrong, cheap ones first. */
export const SCENARIOS: readonly Scenario[] = [
  storm,
  waiting,
  fullDisk,
  stoppedHolder,
  killedWriters,
  killedRefreshesWithGrace,
  killedRefreshesStrict,
  killedSyncs,
]
