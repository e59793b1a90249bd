import { describe, expect, it } from 'vitest'
import { namespace, onSmallDisk, withFileLimit } from './support/disk.ts'

describe.skipIf(namespace === undefined)('on a full disk', () => {
  it('writes are refused with what to do, reads go on, and it works again when there is space', async () => {
    expect(await onSmallDisk('full: nothing can be written')).toEqual({
      refused: ['ERR_STORAGE_WRITE disk_full', 'ERR_STORAGE_WRITE disk_full'],
      listed: 1,
      read: 'refresh-0',
      valid: 'token-1',
      afterwards: 'ok',
      accounts: 2,
    })
  })

  it('no renewal is begun whose answer could not be saved', async () => {
    expect(await onSmallDisk('full: no renewal is begun')).toEqual({
      refused: 'ERR_STORAGE_WRITE disk_full',
      asked: 0,
      afterwards: 'token-2',
    })
  })

  it('the first renewal of a process is refused in the same way', async () => {
    expect(await onSmallDisk('full: before anybody needed a lease')).toEqual({
      refused: 'ERR_STORAGE_WRITE disk_full',
      asked: 0,
      afterwards: 'token-1',
    })
  })

  it('a rotated credential is kept in memory, warned about and saved as soon as there is space (C-10, H-19)', async () => {
    expect(await onSmallDisk('full: a rotated credential is kept')).toEqual({
      received: 'token-1',
      durable: false,
      warnings: ['ERR_STORAGE_WRITE'],
      password: 'refresh-1',
      flushed: 'ERR_STORAGE_WRITE disk_full',
      flushedLater: 'ok',
      saved: 'refresh-1',
    })
  })

  it('a rotated credential that is only in memory is the one that is sent next', async () => {
    expect(await onSmallDisk('full: a rotated credential is used for the next renewal')).toMatchObject({
      meanwhile: 'ERR_STORAGE_WRITE disk_full',
      next: 'token-2',
      sent: ['refresh-0', 'refresh-1'],
      saved: 'refresh-2',
    })
  })

  it('no vault is made, and one is when there is space', async () => {
    expect(await onSmallDisk('full: nothing is made')).toEqual({
      refused: expect.stringMatching(/^ERR_(STORAGE_WRITE|VAULT_UNAVAILABLE) disk_full$/),
      afterwards: 'ok',
    })
  })
})

describe.skipIf(namespace === undefined)('on a read-only disk', () => {
  it('what is there is served, nothing is renewed, and every write says why it is refused', async () => {
    expect(await onSmallDisk('read-only: what is there is served')).toEqual({
      listed: 1,
      password: 'refresh-0',
      valid: 'token-1',
      health: ['ERR_STORAGE_WRITE'],
      refused: Array.from({ length: 5 }, () => 'ERR_STORAGE_WRITE read_only'),
      renewal: 'ERR_STORAGE_WRITE read_only',
      asked: 0,
      afterwards: 'token-2',
    })
  })

  it('a vault whose last process was killed can be read', async () => {
    expect(await onSmallDisk('read-only: after a crash')).toEqual({
      wal: true,
      name: 'ana@example.com',
      password: 'refresh-0',
    })
  })

  it.each(['read-only: no vault yet', 'read-only: an empty folder'])('no vault can be made (%s)', async (scenario) => {
    expect(await onSmallDisk(scenario)).toEqual({
      refused: expect.stringMatching(/^ERR_VAULT_UNAVAILABLE (read_only|permissions)$/),
    })
  })
})

describe.skipIf(process.platform === 'win32')('on a disk that reports errors', () => {
  it('a write that is refused is not there, and every acknowledged write is', async () => {
    expect(await withFileLimit('errors: every acknowledged write is there', 512)).toEqual({
      failures: [expect.stringMatching(/^ERR_STORAGE_WRITE (io|disk_full)$/)],
      acknowledged: true,
      lost: [],
      password: 'refresh-0',
    })
  })
})
