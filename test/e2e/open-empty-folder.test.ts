import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Crew } from './support/crew.ts'
import type { OpenVaultJob } from './support/open-vault-process.ts'
import { openRaceVault } from './support/race-vault.ts'

const ROUNDS = process.env['CI'] || process.env['ACCOUNTRY_FULL'] ? 200 : 20
const PROCESSES = 8

let base: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'accountry-e2e-'))
})

afterEach(async () => {
  await rm(base, { recursive: true, force: true })
})

test(
  `${PROCESSES} processes that open an empty folder at once make one vault with one key, ${ROUNDS} times over`,
  async () => {
    const script = new URL('support/open-vault-process.ts', import.meta.url)
    await using crew = new Crew<OpenVaultJob, string>(PROCESSES, script)
    for (let round = 0; round < ROUNDS; round += 1) {
      const keys = join(base, `keys-${round}`)
      await mkdir(keys, { mode: 0o700 })
      const job = { folder: join(base, `vault-${round}`), keyFile: join(keys, 'key') }
      await crew.all((index) => ({ ...job, name: `account ${index}` }))

      expect(await readdir(keys)).toHaveLength(1)
      expect(await passwordsIn(job.folder, job.keyFile)).toEqual(
        Array.from({ length: PROCESSES }, (_, index) => `password of account ${index}`),
      )
    }
  },
  ROUNDS * 3000,
)

/** What a process that was not there reads: every secret, with the one key. */
async function passwordsIn(directory: string, keyFile: string): Promise<(string | undefined)[]> {
  await using manager = await openRaceVault(directory, keyFile)
  const accounts = await manager.getAccounts()
  accounts.sort((one, other) => one.name.localeCompare(other.name))
  return await Promise.all(accounts.map((account) => manager.getPassword(account)))
}
