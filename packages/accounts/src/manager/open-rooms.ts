import type { AccountManagerOptions } from '../account-manager-types.ts'
import { checkOptions } from '../arguments/open-options.ts'
import { assertTrustedProcess } from '../host-process.ts'
import { openManager } from '../open-manager.ts'
import { Rooms } from './rooms.ts'

/** Checks the options before anything is made, opens the vault, and puts the rooms over it. */
export async function openRooms(options: AccountManagerOptions): Promise<Rooms> {
  assertTrustedProcess()
  checkOptions(options)
  return new Rooms(await openManager(options))
}
