import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { failureOf } from './support/failures.ts'
import { openManager } from './support/managers.ts'
import { tempFolder } from './support/temp-folder.ts'

// A file system of another machine cannot be mounted in a test; what is asked of the kernel can be answered for it.
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return { ...real, statfsSync: vi.fn(real.statfsSync) }
})

function pretendToBeOn(magic: number): void {
  vi.mocked(fs.statfsSync).mockReturnValue({ type: magic } as never)
}

describe.runIf(process.platform === 'linux')('a vault on a file system of another machine', () => {
  beforeEach(() => {
    vi.mocked(fs.statfsSync).mockReset()
  })

  it.each([
    ['NFS', 0x6969],
    ['SMB', 0xfe534d42],
    ['SMB', 0x517b],
    ['CIFS', 0xff534d42],
    ['CIFS, as a signed number', 0xff534d42 | 0],
    ['9p', 0x01021997],
    ['FUSE', 0x65735546],
  ])('such as %s is refused, before anything is written', async (name, magic) => {
    pretendToBeOn(magic)
    const directory = join(tempFolder(), 'vault')
    const failure = await failureOf(openManager({ directory }))
    expect(failure).toMatchObject({ code: 'ERR_UNSUPPORTED', reason: 'network_file_system' })
    expect(failure.message).toContain(name.split(',')[0])
    expect(failure.message).toContain('directory')
    expect(fs.readdirSync(directory)).toEqual([])
  })

  it.each([
    ['ext4', 0xef53],
    ['btrfs', 0x9123683e],
    ['tmpfs', 0x01021994],
    ['xfs', 0x58465342],
    ['zfs', 0x2fc12fc1],
    ['overlay', 0x794c7630],
  ])('is not what %s is', async (_name, magic) => {
    pretendToBeOn(magic)
    expect(await (await openManager()).getAccounts()).toEqual([])
  })

  it('is taken when the app says so', async () => {
    pretendToBeOn(0x6969)
    expect(await (await openManager({ allowNetworkFileSystem: true })).getAccounts()).toEqual([])
  })
})
