import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AccountManager, isAccountError } from '@accountry/accounts'
import { fileKey } from '@accountry/keychain'
import { silentAuthenticator } from '../processes/silent-authenticator.ts'
import type { ChaosReport, Scenario } from '../scenario.ts'

const run = promisify(execFile)
const DISK_BYTES = 2 * 1_024 * 1_024

/** A disk of two megabytes that fills up while accounts are written. */
export const fullDisk: Scenario = {
  name: 'full disk',
  promise:
    'a full disk is a typed error, nothing that was acknowledged is lost, and after space is freed writing goes on',
  async run(): Promise<ChaosReport> {
    await using disk = await mountSmallDisk()
    if (disk.folder === undefined) return { facts: { skipped: 'no right to mount a small disk' }, violations: [] }
    const violations: string[] = []
    const keyFile = join(disk.base, 'key')
    const open = async () =>
      await AccountManager.open({
        app: { id: 'com.example.chaos' },
        directory: join(disk.folder ?? '', 'vault'),
        keyProvider: fileKey({ path: keyFile }),
        authenticators: [silentAuthenticator()],
      })
    const written: string[] = []
    {
      await using manager = await open()
      const account = await manager.addAccountExplicitly({ type: 'com.example', name: 'first' }, { password: 'first' })
      await fill(disk.folder)
      const refusal = await writeUntilRefused(manager, written)
      if (!isAccountError(refusal) || refusal.code !== 'ERR_STORAGE_WRITE' || refusal.reason !== 'disk_full') {
        violations.push(`the full disk was reported as ${String(refusal)}`)
      }
      if ((await manager.getPassword(account)) !== 'first') violations.push('a stored credential was lost')
      await rm(join(disk.folder, 'filler'))
      await manager.setPassword(account, 'second')
    }
    await using again = await open()
    for (const name of written) {
      if ((await again.findAccount('com.example', name)) === undefined)
        violations.push(`${name} was acknowledged and is gone`)
    }
    return { facts: { acknowledged: written.length }, violations }
  },
}

async function writeUntilRefused(manager: AccountManager, written: string[]): Promise<unknown> {
  for (let number = 0; number < 10_000; number++) {
    const name = `account${number}`
    try {
      await manager.addAccountExplicitly({ type: 'com.example', name }, { password: 'x'.repeat(2_000) })
      written.push(name)
    } catch (error) {
      return error
    }
  }
  return undefined
}

/** Leaves a little, so that it is a write of the vault that meets the end of the disk. */
async function fill(folder: string): Promise<void> {
  await writeFile(join(folder, 'filler'), Buffer.alloc(DISK_BYTES / 2))
}

async function mountSmallDisk(): Promise<AsyncDisposable & { base: string; folder: string | undefined }> {
  const base = await mkdtemp(join(tmpdir(), 'accountry-disk-'))
  const folder = join(base, 'disk')
  await mkdir(folder, { mode: 0o700 })
  const isMounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=0700`, 'tmpfs', folder]).then(
    () => true,
    () => false,
  )
  return {
    base,
    folder: isMounted ? folder : undefined,
    async [Symbol.asyncDispose]() {
      if (isMounted) await run('umount', [folder])
      await rm(base, { recursive: true, force: true })
    },
  }
}
